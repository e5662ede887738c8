-- note_analysis: keep what the analysis found about a run of questions; it changes no question's state.
-- KEYS  1 analysis HASH   2 copies HASH   3 signatures HASH   4 similar HASH   5 waiting by askers ZSET
--       6 events STREAM   7 dismissed HASH   8.. HASH of each question that the findings tell of
-- ARGV  1 last number analysed before ('' at first)   2 last number after   3 findings as JSON of objects:
--       copies {q: first}, signatures {q: hex}, similar {q: JSON}, askers {q: count}
--       4 how many pairs were dismissed when it counted   5.. those questions, as KEYS 8..
-- Passes over what was erased meanwhile.
-- Returns 'noted', or 'elsewhere' when another run has gone on from there, or a pair was dismissed since
-- (nothing is changed).
redis.register_function('note_analysis', function(keys, args)
  if (redis.call('HGET', keys[1], 'done') or '') ~= args[1] then return 'elsewhere' end
  if redis.call('HLEN', keys[7]) ~= tonumber(args[4]) then return 'elsewhere' end
  local found, touched, erased = cjson.decode(args[3]), {}, {}
  for i = 8, #keys do erased[args[i - 3]] = redis.call('HEXISTS', keys[i], 'erased') == 1 end
  for at, name in ipairs({ 'copies', 'signatures', 'similar' }) do
    for q, value in pairs(found[name]) do
      if not erased[q] then redis.call('HSET', keys[1 + at], q, value) end
    end
  end
  for q, count in pairs(found.askers) do
    redis.call('ZADD', keys[5], 'XX', count, q)
    touched[#touched + 1] = q
  end
  redis.call('HSET', keys[1], 'done', args[2])
  announce(keys[6], meeting_of(keys[1]), false, 't', 'analysis', 'run', table.concat(touched, ' '))
  return 'noted'
end)

-- dismiss_pair: never suggest a pair again; it changes no question's state. Both are told anew, and those
-- whose group is asked by fewer people without them.
-- KEYS  1 dismissed HASH   2 desk's log STREAM   3 events STREAM   4 sign-in HASH   5 meeting HASH
--       6 analysis HASH   7 waiting by askers ZSET
-- ARGV  1 pair (two ids with a blank)   2 who dismisses it   3 desk entry (JSON)   4 now (ms)
--       5 last number analysed   6 how many pairs were dismissed, both when it counted   7.. question, count
-- Returns 'dismissed' | 'signed_out' | 'ended' | 'moved' (nothing is changed).
redis.register_function('dismiss_pair', function(keys, args)
  if redis.call('EXISTS', keys[4]) == 0 then return 'signed_out' end
  if redis.call('HGET', keys[5], 'ended') == '1' then return 'ended' end
  if (redis.call('HGET', keys[6], 'done') or '') ~= args[5] then return 'moved' end
  if redis.call('HLEN', keys[1]) ~= tonumber(args[6]) then return 'moved' end
  local touched = { args[1] }
  for i = 7, #args, 2 do
    if redis.call('ZADD', keys[7], 'XX', 'CH', args[i + 1], args[i]) == 1 then touched[#touched + 1] = args[i] end
  end
  redis.call('HSET', keys[1], args[1], args[2])
  redis.call('XADD', keys[2], '*', 'intent', args[3], 'at', args[4])
  announce(keys[3], meeting_of(keys[1]), true, 't', 'analysis', 'run', table.concat(touched, ' '))
  return 'dismissed'
end)
