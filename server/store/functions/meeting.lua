-- commit_meeting: create a meeting (expected revision 0) or change its settings, all of it or none.
-- KEYS  1 meeting HASH   2 intake STREAM   3 events STREAM
-- ARGV  1 expected revision   2 settings as JSON   3 voting 0|1   4 asking 0|1   5 log intent
-- Returns {'committed', new revision} | {'contended', revision found}. Idempotent: a repeat of the
-- same settings on the revision that they made is answered as committed.
redis.register_function('commit_meeting', function(keys, args)
  local found = tonumber(redis.call('HGET', keys[1], 'revision') or 0)
  if found ~= tonumber(args[1]) then
    local same = found == tonumber(args[1]) + 1 and redis.call('HGET', keys[1], 'json') == args[2]
    return { same and 'committed' or 'contended', found }
  end
  local revision = found + 1
  redis.call('HSET', keys[1], 'json', args[2], 'revision', revision, 'voting', args[3], 'asking', args[4])
  redis.call('XADD', keys[2], '*', 'id', 'm:' .. revision, 'intent', args[5])
  announce(keys[3], meeting_of(keys[1]), true, 't', 'meeting', 'r', revision)
  return { 'committed', revision }
end)
