-- commit_meeting: create a meeting (expected revision 0) or change its settings, all of it or none.
-- KEYS  1 meeting HASH   2 intake STREAM   3 events STREAM   4 desk's log STREAM
--       5 rule log LIST
-- ARGV  1 expected revision   2 settings as JSON   3 switches as JSON {voting, asking, ended}, 0|1 each
--       4 log intent   5 now (ms)
-- Returns {'committed', new revision} | {'contended', revision found}. Idempotent: a repeat of the
-- same settings on the revision that they made is answered as committed.
redis.register_function('commit_meeting', function(keys, args)
  local found = tonumber(redis.call('HGET', keys[1], 'revision') or 0)
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
