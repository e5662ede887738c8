-- erase_question: take a question's words out of the store for good: text, name, salt, and every opening
-- beside it. The record says so, also after it was closed.
-- KEYS  1 question HASH   2 openings HASH   3 intake STREAM   4 desk's log STREAM   5 history LIST
--       6 events STREAM   7 signatures HASH   8 similar HASH   9 sign-in or meeting HASH   10 meeting HASH,
--       whose `unwritten` says that the store's file must be written anew
-- ARGV  1 question id   2 revision (decided on)   3 basis   4 intent   5 now (ms)   6 rebuilds 0|1 (the log
--       holds it)   7.. commitments beside it
-- Returns {'committed', new revision} | {'contended', revision found} | {'unknown', 0} | {'signed_out', 0}
--         | {'rebuilding', 0} | {'erased', 0} (it was before); nothing is changed but by the first.
redis.register_function('erase_question', function(keys, args)
  if redis.call('EXISTS', keys[9]) == 0 then return { 'signed_out', 0 } end
  if args[6] ~= '1' and rebuilds(keys[10]) then return { 'rebuilding', 0 } end
  local held = redis.call('HMGET', keys[1], 'revision', 'erased')
  if not held[1] then return { 'unknown', 0 } end
  if held[2] then return { 'erased', 0 } end
  if held[1] ~= args[2] then return { 'contended', tonumber(held[1]) } end
  redis.call('HDEL', keys[1], 'text', 'name', 'salt', 'wording', 'hint', 'note', 'appeal_note', 'answer', 'link')
  redis.call('HSET', keys[1], 'erased', args[3])
  for i = 7, #args do redis.call('HDEL', keys[2], args[i]) end
  redis.call('HDEL', keys[7], args[1])
  redis.call('HDEL', keys[8], args[1])
  local revision = redis.call('HINCRBY', keys[1], 'revision', 1)
  redis.call('HSET', keys[10], 'unwritten', args[1] .. ':' .. revision)
  record(keys[3], keys[4], keys[5], 'd:' .. args[1] .. ':' .. revision, args[4], args[5])
  local state = redis.call('HGET', keys[1], 'state')
  announce(keys[6], meeting_of(keys[1]), true, 't', 'question', 'q', args[1], 's', state, 'r', revision)
  return { 'committed', revision }
end)

-- words_gone: the store's file was written anew after the erasure that `unwritten` names.
-- KEYS  1 meeting HASH     ARGV  1 what `unwritten` said before
-- Returns 1, or 0 where another erasure came since: that one still needs it.
redis.register_function('words_gone', function(keys, args)
  if redis.call('HGET', keys[1], 'unwritten') ~= args[1] then return 0 end
  return redis.call('HDEL', keys[1], 'unwritten')
end)
