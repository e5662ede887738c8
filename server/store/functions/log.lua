-- note_leaves: tell the store what the log holds: public numbers, places, size; and trim the intake
-- behind it. All values are absolute: repeating it, or covering more than was missed, is harmless.
-- KEYS  1 cursor HASH   2 numbers HASH   3 events STREAM   4 intake STREAM   5 log HASH
--       6.. question HASH of each submission told
-- ARGV  1 cursor after, '' where more is told by another call: until that one the intake shows which acts
--       the store had before   2 log's fields as JSON object of strings   3 size   4 highest number
--       5 the signed checkpoint that covers them   6.. a run of three: question id, number, index of its
--       leaf, as KEYS 6..
-- Returns how many numbers were new.
redis.register_function('note_leaves', function(keys, args)
  local run = {}
  for i = 6, #keys do
    local at = 6 + (i - 6) * 3
    if redis.call('EXISTS', keys[i]) == 1 then
      if redis.call('HGET', keys[i], 'number') ~= args[at + 1] then
        run[#run + 1] = args[at] .. ' ' .. args[at + 1]
      end
      redis.call('HSET', keys[i], 'number', args[at + 1], 'leaf', args[at + 2])
      -- The first that covered it stays its receipt's until one that everybody sees reaches it.
      redis.call('HSETNX', keys[i], 'covered', args[5])
      redis.call('HSET', keys[2], args[at + 1], args[at])
    end
  end
  redis.call('HSET', keys[1], 'numbered', args[4])
  for name, value in pairs(cjson.decode(args[2])) do redis.call('HSET', keys[5], name, value) end
  redis.call('HSET', keys[5], 'size', args[3])
  redis.call('HDEL', keys[5], 'halted')
  if args[1] ~= '' then
    redis.call('HSET', keys[1], 'intake', args[1])
    redis.call('XTRIM', keys[4], 'MINID', args[1])
  end
  if #run > 0 then
    announce(keys[3], meeting_of(keys[1]), true, 't', 'numbered', 'run', table.concat(run, ' '))
  end
  announce(keys[3], meeting_of(keys[1]), false, 't', 'log', 'size', args[3])
  return #run
end)

-- restart_intake: where the store was lost or is older than the log, let ids go on behind the cursor.
-- KEYS  1 intake STREAM
-- ARGV  1 cursor: the last id that the log has committed
-- Returns 1 when the stream stood before it and was moved, else 0. Entries stay as they are.
redis.register_function('restart_intake', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    redis.call('XADD', keys[1], args[1], 'id', '-', 'intent', '-')
    redis.call('XDEL', keys[1], args[1])
    return 1
  end
  local told, last = redis.call('XINFO', 'STREAM', keys[1]), ''
  for i = 1, #told, 2 do
    if told[i] == 'last-generated-id' then last = told[i + 1] end
  end
  local ms, seq = string.match(last, '(%d+)-(%d+)')
  local to_ms, to_seq = string.match(args[1], '(%d+)-(%d+)')
  ms, seq, to_ms, to_seq = tonumber(ms), tonumber(seq), tonumber(to_ms), tonumber(to_seq)
  if ms > to_ms or (ms == to_ms and seq >= to_seq) then return 0 end
  redis.call('XSETID', keys[1], args[1])
  return 1
end)
