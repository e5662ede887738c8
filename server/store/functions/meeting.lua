-- commit_meeting: create a meeting (expected revision 0) or change its settings, all of it or none.
-- KEYS  1 meeting HASH   2 intake STREAM   3 events STREAM   4 desk's log STREAM
--       5 rule log LIST
-- ARGV  1 expected revision   2 settings as JSON   3 switches as JSON {voting, asking, ended}, 0|1 each
--       4 log intent   5 now (ms)
-- Returns {'committed', new revision} | {'contended', revision found} | {'rebuilding', revision found}: the
-- meeting is being brought back, and can be changed once it is. Idempotent: a repeat of the
-- same settings on the revision that they made is answered as committed.
redis.register_function('commit_meeting', function(keys, args)
  local found = tonumber(redis.call('HGET', keys[1], 'revision') or 0)
  if rebuilds(keys[1]) then return { 'rebuilding', found } end
  if found ~= tonumber(args[1]) then
    local same = found == tonumber(args[1]) + 1 and redis.call('HGET', keys[1], 'json') == args[2]
    return { same and 'committed' or 'contended', found }
  end
  -- The way of joining is fixed by the first who joined (people.lua).
  local joined = redis.call('HGET', keys[1], 'joined')
  if joined and cjson.decode(args[2]).admission ~= joined then return { 'contended', found } end
  local revision = found + 1
  local switches = cjson.decode(args[3])
  redis.call('HSET', keys[1], 'json', args[2], 'revision', revision, 'voting', switches.voting,
    'asking', switches.asking, 'ended', switches.ended)
  record(open_intake(keys[1], keys[2]), keys[4], keys[5], 'm:' .. revision, args[4], args[5])
  announce(keys[3], meeting_of(keys[1]), true, 't', 'meeting', 'r', revision)
  return { 'committed', revision }
end)

-- tell_held: say how many submissions a limit held back since the last time, at most once a minute.
-- KEYS  1 meeting HASH   2 intake STREAM   3 desk's log STREAM
-- ARGV  1 now (ms)   2 the intent, with "@count"   3 milliseconds that must lie between two
-- Returns the count that was told, 0 when there is none or the last one is too young.
redis.register_function('tell_held', function(keys, args)
  local now, told = tonumber(args[1]), redis.call('HMGET', keys[1], 'held', 'held_told')
  local count = tonumber(told[1] or 0)
  if count == 0 or (told[2] and now - tonumber(told[2]) < tonumber(args[3])) then return 0 end
  redis.call('HSET', keys[1], 'held', 0, 'held_told', args[1])
  local intent = args[2]:gsub('"@count"', string.format('%d', count))
  record(open_intake(keys[1], keys[2]), keys[3], nil, 'h:' .. args[1], intent, args[1])
  return count
end)
