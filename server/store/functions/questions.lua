-- submit_question: take one submission: text, commitment, queue place and log intent together.
-- KEYS  1 question HASH   2 intake STREAM   3 waiting ZSET   4 asked SET   5 meeting HASH   6 fates HASH
--       7 desk's log STREAM   8 history LIST   9 waiting by askers ZSET
-- ARGV  1 question id   2 received at (ms)   3 asker's voter number   4 fields as JSON object of strings
--       5 log intent   6 digest of the fate capability
-- Returns 'received' | 'repeated' | 'conflict' (the id holds another text or asker) | 'closed'.
redis.register_function('submit_question', function(keys, args)
  local fields = cjson.decode(args[4])
  if redis.call('EXISTS', keys[1]) == 1 then
    local held = redis.call('HMGET', keys[1], 'asker', 'text', 'lang', 'name')
    local same = held[1] == args[3] and held[2] == fields.text and held[3] == fields.lang
      and held[4] == fields.name
    return same and 'repeated' or 'conflict'
  end
  if redis.call('HGET', keys[5], 'asking') ~= '1' then return 'closed' end
  local flat = { 'q', args[1], 'asker', args[3], 'received_at', args[2], 'state', 'received',
    'votable', '0', 'revision', '1', 'votes', '0' }
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', keys[1], unpack(flat))
  record(keys[2], keys[7], keys[8], 'r:' .. args[1], args[5], args[2])
  redis.call('ZADD', keys[3], args[2], args[1])
  redis.call('ZADD', keys[9], 1, args[1])
  redis.call('SADD', keys[4], args[1])
  redis.call('HSET', keys[6], args[6], args[1])
  return 'received'
end)

-- number_questions: give the next public numbers to a run of sequenced submissions, in order.
-- KEYS  1 cursor HASH   2 numbers HASH   3 events STREAM   4.. one question HASH for each in the run
-- ARGV  1 cursor expected ('' at first)   2 cursor after the run   3.. question ids, as KEYS 4..
-- Returns how many were numbered, or -1 when the cursor is elsewhere (nothing was changed).
redis.register_function('number_questions', function(keys, args)
  if (redis.call('HGET', keys[1], 'intake') or '') ~= args[1] then return -1 end
  local n = tonumber(redis.call('HGET', keys[1], 'numbered') or 0)
  local given, run = 0, {}
  for i = 3, #args do
    local key = keys[i + 1]
    if not redis.call('HGET', key, 'number') then
      n, given = n + 1, given + 1
      redis.call('HSET', key, 'number', n)
      redis.call('HSET', keys[2], n, args[i])
      run[#run + 1] = args[i] .. ' ' .. n
    end
  end
  redis.call('HSET', keys[1], 'intake', args[2], 'numbered', n)
  if given > 0 then
    announce(keys[3], meeting_of(keys[1]), true, 't', 'numbered', 'run', table.concat(run, ' '))
  end
  return given
end)
