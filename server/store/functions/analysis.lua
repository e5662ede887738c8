-- note_analysis: keep what the analysis found about a run of questions; it changes no question's state.
-- KEYS  1 analysis HASH   2 copies HASH   3 signatures HASH   4 similar HASH   5 waiting by askers ZSET
--       6 events STREAM
-- ARGV  1 last number analysed before ('' at first)   2 last number after   3 findings as JSON of objects:
--       copies {q: first}, signatures {q: hex}, similar {q: JSON}, askers {q: count}
-- Returns 'noted', or 'elsewhere' when another run has gone on from there (nothing is changed).
redis.register_function('note_analysis', function(keys, args)
  if (redis.call('HGET', keys[1], 'done') or '') ~= args[1] then return 'elsewhere' end
  local found, touched = cjson.decode(args[3]), {}
  for at, name in ipairs({ 'copies', 'signatures', 'similar' }) do
    for q, value in pairs(found[name]) do redis.call('HSET', keys[1 + at], q, value) end
  end
  for q, count in pairs(found.askers) do
    redis.call('ZADD', keys[5], 'XX', count, q)
    touched[#touched + 1] = q
  end
  redis.call('HSET', keys[1], 'done', args[2])
  announce(keys[6], meeting_of(keys[1]), false, 't', 'analysis', 'run', table.concat(touched, ' '))
  return 'noted'
end)
