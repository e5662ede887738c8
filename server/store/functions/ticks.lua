-- freeze_tallies: freeze the tallies as a tick that no pick asked for, where they changed since the last one.
-- KEYS  1 rank:listed ZSET   2 ticks HASH   3 active voters BITMAP   4 free numbers SET   5 opened STRING
--       6 meeting HASH   7 intake STREAM   8 desk's log STREAM
-- ARGV  1 now (ms)   2 the tick's intent, with "@n", "@eligible", "@active"   3 milliseconds that must lie
--       between it and the last tick   4 final 0|1: whatever stands now is the last word
-- Returns 'frozen' | 'unchanged' | 'fresh' (the last one is too young, or the meeting is rebuilt) | 'final' (it was frozen already).
-- Idempotent: what a repeat finds is unchanged, or final.
redis.register_function('freeze_tallies', function(keys, args)
  if redis.call('HEXISTS', keys[6], 'final_tick') == 1 then return 'final' end
  if rebuilds(keys[6]) then return 'fresh' end
  local last = redis.call('HGET', keys[2], redis.call('HLEN', keys[2]))
  local held = last and cjson.decode(last)
  if held and tonumber(args[1]) - tonumber(held.at) < tonumber(args[3]) then return 'fresh' end
  local listed = redis.call('ZREVRANGE', keys[1], 0, -1, 'WITHSCORES')
  local same = #listed == 2 * (held and #held.ranking or 0)
  for i = 1, #listed, 2 do
    local row = same and held.ranking[(i + 1) / 2]
    same = row and row[1] == listed[i] and row[2] == math.floor(tonumber(listed[i + 1]) / SHIFT)
    if not same then break end
  end
  if same then
    if args[4] == '1' then redis.call('HSET', keys[6], 'final_tick', redis.call('HLEN', keys[2])) end
    return 'unchanged'
  end
  local n, _, tick = frozen(keys, 1, args[1], args[2])
  record(keys[7], keys[8], nil, 'v:' .. n, tick, args[1])
  if args[4] == '1' then redis.call('HSET', keys[6], 'final_tick', n) end
  return 'frozen'
end)

-- close_log: append the entry that closes the record, once nothing of the meeting is open any more.
-- KEYS  1 meeting HASH   2 intake STREAM   3 desk's log STREAM   4 rank:listed   5 waiting   6 on air
--       7 appeals   (4 to 7 are ZSETs)
-- ARGV  1 the closing's intent   2 now (ms)
-- Returns 'closed' | 'open' (the meeting goes on, or a question has no end yet). Idempotent.
redis.register_function('close_log', function(keys, args)
  if redis.call('HEXISTS', keys[1], 'log_closed') == 1 then return 'closed' end
  if redis.call('HGET', keys[1], 'ended') ~= '1' or rebuilds(keys[1]) then return 'open' end
  for i = 4, 7 do
    if redis.call('ZCARD', keys[i]) > 0 then return 'open' end
  end
  redis.call('HSET', keys[1], 'log_closed', '1')
  record(keys[2], keys[3], nil, 'c:1', args[1], args[2])
  return 'closed'
end)
