-- What brings a lost or older store back to what the log holds. Each function may be repeated.

-- rebuild_question: give a submission of the log its number and place, and its row where the store has none.
-- KEYS  1 question HASH   2 waiting ZSET   3 waiting by askers ZSET   4 fates HASH   5 desk's log STREAM
--       6 history LIST   7 numbers HASH   8 events STREAM
-- ARGV  1 question id   2 the row as JSON object of strings   3 received at (ms)   4 intent   5 number
--       6 digest of the fate capability or ''
-- Returns 'there' (its votes stay, and its words where the log knows the same) | 'rebuilt'.
redis.register_function('rebuild_question', function(keys, args)
  local row = cjson.decode(args[2])
  redis.call('HSET', keys[7], args[5], args[1])
  if redis.call('EXISTS', keys[1]) == 1 then
    redis.call('HSET', keys[1], 'number', args[5], 'leaf', row.leaf)
    if redis.call('HGET', keys[1], 'c') == row.c then return 'there' end
    redis.call('HDEL', keys[1], 'text', 'salt', 'name')
    for _, stays in ipairs({ 'asker', 'state', 'votable', 'revision', 'votes' }) do row[stays] = nil end
    for name, value in pairs(row) do redis.call('HSET', keys[1], name, value) end
    return 'there'
  end
  local flat = {}
  for name, value in pairs(row) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', keys[1], unpack(flat))
  redis.call('ZADD', keys[2], args[3], args[1])
  redis.call('ZADD', keys[3], 1, args[1])
  if args[6] ~= '' then redis.call('HSET', keys[4], args[6], args[1]) end
  record(nil, keys[5], keys[6], '', args[4], args[3])
  announce(keys[8], meeting_of(keys[1]), false, 't', 'numbered', 'run', args[1] .. ' ' .. args[5])
  return 'rebuilt'
end)

-- rebuild_place: put a question back to before the act that the log holds next, and take what was decided on
-- a store that had forgotten that act out of the intake. The meeting's `rebuilding` names such questions.
-- KEYS  as every decision (decisions.lua)
-- ARGV  1 JSON object as a decision's, of which q, state, votable, revision (it has then), at and fields count
--       2 erases 0|1 (the act is its erasure, whatever erased it before)   3.. positions in the intake
redis.register_function('rebuild_place', function(keys, args)
  local d = cjson.decode(args[1])
  local held = redis.call('HMGET', keys[1], 'number', 'received_at', 'was')
  redis.call('HSET', keys[1], 'state', d.state, 'votable', d.votable, 'revision', d.revision)
  for name, value in pairs(d.fields) do redis.call('HSET', keys[1], name, value) end
  if held[3] and d.state ~= 'merged' then
    redis.call('HSET', keys[1], 'head', '', 'head_number', '', 'was', '')
  end
  if args[2] == '1' then redis.call('HDEL', keys[1], 'erased') end
  enqueue(keys, d, tonumber(held[1]), redis.call('BITCOUNT', keys[2]), held[2])
  if #args < 3 then return 0 end
  local named = redis.call('HGET', keys[5], 'rebuilding') or ''
  redis.call('HSET', keys[5], 'rebuilding', named .. ' ' .. d.q)
  return redis.call('XDEL', keys[6], unpack(args, 3))
end)

-- rebuild_erased: give an erasure that was made on a store which had forgotten later acts of the log a name of
-- its own behind them. Its words are gone already, and stay so.
-- KEYS  1 question HASH   2 intake STREAM   3 desk's log STREAM   4 history LIST
-- ARGV  1 question id   2 intent or '' (the log holds an erasure of it)   3 at (ms)   4 its position in the intake
redis.register_function('rebuild_erased', function(keys, args)
  if redis.call('XDEL', keys[2], args[4]) == 0 or args[2] == '' then return 0 end
  local revision = redis.call('HINCRBY', keys[1], 'revision', 1)
  record(keys[2], keys[3], keys[4], 'd:' .. args[1] .. ':' .. revision, args[2], args[3])
  return revision
end)

-- rebuild_part: take a question out of a group in which the log does not know it. Votes stand as for a split.
-- KEYS  as split_question (groups.lua)     ARGV  1 question id   2 head's id
-- Returns 'parted' | 'apart' (it was none of the group).
redis.register_function('rebuild_part', function(keys, args)
  if redis.call('HEXISTS', keys[28], args[1]) == 0 then return 'apart' end
  leave_group(keys, args[1])
  redis.call('HSET', keys[1], 'head', '', 'head_number', '')
  refresh_head(keys, args[2])
  return 'parted'
end)

-- rebuild_join: put a question back into the group in which the log knows it.
-- KEYS  as merge_question (groups.lua)     ARGV  1 question id   2 head's id   3 its state before it was merged
-- Returns 'joined' | 'there'.
redis.register_function('rebuild_join', function(keys, args)
  if redis.call('HEXISTS', keys[28], args[1]) == 1 then return 'there' end
  join_group(keys, args[1])
  local number = redis.call('HGET', keys[21], 'number')
  redis.call('HSET', keys[1], 'head', args[2], 'head_number', number, 'was', args[3])
  refresh_head(keys, args[2])
  return 'joined'
end)

-- rebuild_drop: take acts out of the intake that were done on a store which had forgotten what the log holds
-- under their names; with them the meeting's revision goes back, and the ticks from one on are gone.
-- KEYS  1 intake STREAM   2 meeting HASH   3 ticks HASH
-- ARGV  1 revision of the meeting or ''   2 first tick or ''   3.. positions in the intake
redis.register_function('rebuild_drop', function(keys, args)
  if args[1] ~= '' then redis.call('HSET', keys[2], 'revision', args[1]) end
  if args[2] ~= '' then
    for n = tonumber(args[2]), redis.call('HLEN', keys[3]) do redis.call('HDEL', keys[3], n) end
  end
  return redis.call('XDEL', keys[1], unpack(args, 3))
end)

-- rebuild_act: tell the desk of an act on the meeting, once.
-- KEYS  1 meeting HASH   2 desk's log STREAM   3 rule log LIST   4 ticks HASH
-- ARGV  1 index of its leaf   2 intent   3 at (ms)   4 settings 0|1   5 tick or ''   6 its tallies
-- Returns 'there' | 'rebuilt'.
redis.register_function('rebuild_act', function(keys, args)
  if tonumber(redis.call('HGET', keys[1], 'rebuilt') or 0) > tonumber(args[1]) then return 'there' end
  redis.call('HSET', keys[1], 'rebuilt', tonumber(args[1]) + 1)
  if args[5] ~= '' and redis.call('HSETNX', keys[4], args[5], args[6]) == 0 then return 'there' end
  record(nil, keys[2], args[4] == '1' and keys[3] or nil, '', args[2], args[3])
  return 'rebuilt'
end)

-- rebuild_meeting: let a rebuilt meeting go on, in the same step in which it is under way no more.
-- KEYS  1 meeting HASH   2 events STREAM   3 staff HASH   4 log HASH
-- ARGV  1 fields of the meeting as JSON object of strings   2 staff as JSON   3 staff's revision
--       4 the log's size, all of which the store was told
-- Returns 'rebuilt' | 'emptied' (it knows of no rebuilding: the store was lost again; nothing is changed).
redis.register_function('rebuild_meeting', function(keys, args)
  if not rebuilds(keys[1]) then return 'emptied' end
  redis.call('HSET', keys[4], 'size', args[4])
  for name, value in pairs(cjson.decode(args[1])) do redis.call('HSET', keys[1], name, value) end
  redis.call('HDEL', keys[1], 'rebuilding')
  redis.call('HSET', keys[3], 'json', args[2], 'revision', args[3])
  announce(keys[2], meeting_of(keys[1]), true, 't', 'meeting', 'r', redis.call('HGET', keys[1], 'revision'))
  return 'rebuilt'
end)
