-- Every decision about one question has these KEYS first, in this order (server/store/decisions.py):
--    1 question HASH   2 voters BITMAP   3 history LIST   4 sign-in HASH   5 meeting HASH   6 intake STREAM
--    7 desk's log STREAM   8 events STREAM   9 openings HASH   10 rank:listed   11 waiting   12 by askers
--   13 screened out   14 answered   15 on air   16 appeals   17 line   18 line's revision STRING
--   19 record   20 delays                                             (10 to 17, 19 and 20 are ZSETs)
-- and as ARGV 1 one JSON object of strings: q, revision (decided on), state (the new one), votable 0|1,
-- intent (its `votes`, as read, become those of this moment), at (ms), closing 0|1 (an end that the closing
-- itself gives), rebuilds 0|1 (the log holds it), leaves_line 0|1, fields {name: value},
-- openings {commitment: JSON}.
local QUEUE_OF = { received = 11, screened_out = 13, answered = 14, on_air = 15 }

-- Why a decision may not be committed, or nil: sign-in gone, meeting brought back just now, or ended,
-- unknown, decided since.
local function hindered(keys, d)
  if redis.call('EXISTS', keys[4]) == 0 then return { 'signed_out', 0 } end
  if d.rebuilds ~= '1' and rebuilds(keys[5]) then return { 'rebuilding', 0 } end
  if d.closing ~= '1' and redis.call('HGET', keys[5], 'ended') == '1' then return { 'ended', 0 } end
  local revision = redis.call('HGET', keys[1], 'revision')
  if not revision then return { 'unknown', 0 } end
  if revision ~= d.revision then return { 'contended', tonumber(revision) } end
  return nil
end

-- How many people asked it: what the analysis counted while it waited, kept for when it waits again.
local function people_asked(keys, q)
  local counted = redis.call('ZSCORE', keys[12], q)
  if counted then redis.call('HSET', keys[1], 'people', counted) end
  return counted or redis.call('HGET', keys[1], 'people') or 1
end

local function enqueue(keys, d, number, votes, received_at)
  local people = people_asked(keys, d.q)
  for i = 10, 15 do redis.call('ZREM', keys[i], d.q) end
  if d.leaves_line == '1' and redis.call('ZREM', keys[17], d.q) == 1 then
    redis.call('INCR', keys[18])
  end
  if d.state == 'listed' then
    redis.call('ZADD', keys[10], score(votes, number), d.q)
  elseif d.state == 'received' then
    redis.call('ZADD', keys[11], received_at, d.q)
    redis.call('ZADD', keys[12], people, d.q)
  elseif QUEUE_OF[d.state] then
    redis.call('ZADD', keys[QUEUE_OF[d.state]], d.at, d.q)
  end
  if d.state == 'screened_out' then redis.call('ZADD', keys[19], number, d.q) end
  if d.fields.appeal == 'open' then
    redis.call('ZADD', keys[16], d.at, d.q)
  elseif d.fields.appeal or d.state ~= 'screened_out' then
    redis.call('ZREM', keys[16], d.q)
  end
end

-- Make a decision that nothing hinders true. Returns the answer of the calling function.
local function commit(keys, d)
  local held = redis.call('HMGET', keys[1], 'revision', 'number', 'received_at', 'state', 'tally')
  local revision, votes = tonumber(held[1]) + 1, redis.call('BITCOUNT', keys[2])
  local flat = { 'state', d.state, 'votable', d.votable, 'revision', revision, 'votes', votes }
  for name, value in pairs(d.fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', keys[1], unpack(flat))
  for commitment, opening in pairs(d.openings) do
    redis.call('HSET', keys[9], commitment, opening)
  end
  enqueue(keys, d, tonumber(held[2]), votes, held[3])
  if held[4] == 'received' and d.state ~= 'received' then
    redis.call('ZADD', keys[20], 'NX', math.max(0, tonumber(d.at) - tonumber(held[3])), d.q)
  end
  local intent = d.intent
  if d.rebuilds ~= '1' then
    -- A tally that was brought back stands for voters that were lost.
    local tally = math.max(votes, tonumber(held[5] or 0))
    intent = intent:gsub('"votes":%d+', '"votes":' .. tally)
  end
  record(keys[6], keys[7], keys[3], 'd:' .. d.q .. ':' .. revision, intent, d.at)
  announce(keys[8], meeting_of(keys[1]), true, 't', 'question', 'q', d.q, 's', d.state, 'r', revision)
  return { 'committed', revision }
end

-- commit_decision: make one decision about one question true, all of it or none.
-- KEYS, ARGV  as above
-- Returns {'committed', new revision} | {'contended', revision found} | {'unknown', 0}
--         | {'signed_out', 0} | {'ended', 0} | {'rebuilding', 0}.
redis.register_function('commit_decision', function(keys, args)
  local d = cjson.decode(args[1])
  return hindered(keys, d) or commit(keys, d)
end)

-- commit_decisions: decide on several questions, each by itself: what is hindered changes nothing and stops
-- no other.
-- KEYS  as above, once for each decision     ARGV  as above, one for each decision
-- Returns how many were committed.
redis.register_function('commit_decisions', function(keys, args)
  local made, each = 0, #keys / #args
  for i, told in ipairs(args) do
    local own, d = {}, cjson.decode(told)
    for k = 1, each do own[k] = keys[(i - 1) * each + k] end
    if not hindered(own, d) then
      commit(own, d)
      made = made + 1
    end
  end
  return made
end)

-- pick_question: put one listed question on air, where none is, and freeze the tallies as a tick first,
-- so that the pick can cite the tick and the question's rank in it.
-- KEYS  as above, then 21 rank:listed again   22 ticks HASH   23 active voters BITMAP   24 free numbers SET
--       25 opened STRING
-- ARGV  1 as above; its intent holds "@tick" and "@rank"   2 the tick's intent, with "@n", "@eligible",
--       "@active"
-- Returns as commit_decision | {'occupied', 0}.
redis.register_function('pick_question', function(keys, args)
  local d = cjson.decode(args[1])
  local no = hindered(keys, d)
  if no then return no end
  if redis.call('ZCARD', keys[15]) > 0 then return { 'occupied', 0 } end
  local n, ranking, tick = frozen(keys, 21, d.at, args[2])
  local rank = 0
  for i, row in ipairs(ranking) do
    if row[1] == d.q then rank = i end
  end
  record(keys[6], keys[7], nil, 'v:' .. n, tick, d.at)
  d.intent = d.intent:gsub('"@tick"', n):gsub('"@rank"', rank)
  d.fields.tick, d.fields.rank = tostring(n), tostring(rank)
  return commit(keys, d)
end)

-- arrange_line: replace the whole line of those that go on air next.
-- KEYS  1 line ZSET   2 its revision STRING   3 events STREAM   4 desk's log STREAM   5 sign-in HASH
--       6.. one question HASH for each in the line
-- ARGV  1 revision that was read   2 desk entry (JSON)   3 now (ms)   4.. question ids, first one first
-- Returns {'committed', new revision} | {'contended', revision found} | {'signed_out', 0}
--         | {'not_listed', index of the first that is not listed}.
redis.register_function('arrange_line', function(keys, args)
  if redis.call('EXISTS', keys[5]) == 0 then return { 'signed_out', 0 } end
  local found = tonumber(redis.call('GET', keys[2]) or 0)
  if found ~= tonumber(args[1]) then return { 'contended', found } end
  for i = 4, #args do
    if redis.call('HGET', keys[i + 2], 'state') ~= 'listed' then return { 'not_listed', i - 3 } end
  end
  redis.call('DEL', keys[1])
  for i = 4, #args do redis.call('ZADD', keys[1], i - 3, args[i]) end
  redis.call('XADD', keys[4], '*', 'intent', args[2], 'at', args[3])
  announce(keys[3], meeting_of(keys[1]), true, 't', 'line')
  return { 'committed', redis.call('INCR', keys[2]) }
end)
