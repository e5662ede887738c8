-- count_votes: count a batch of wishes, each person once per question, and announce the new totals.
-- (Its forerunner, with an argument for each number, had another name: a server that calls a function
-- which the library has no more hears an error and says "not saved"; it never misreads an answer.)
-- KEYS  1 meeting HASH   2 rank:listed ZSET   3 counters HASH   4 events STREAM   5 active BITMAP
--       then for each question in the batch: question HASH, voters, took_back, barred (BITMAPs; the
--       last two matter while questions are merged into it, see groups.lua)
-- ARGV  1 all wishes as one msgpack array of whole numbers, five each: index of the question (1..)
--       voter number   on 0|1   counter   device slot 0..15. One argument, because a thousand cost both
--       sides more than the counting.
-- Returns one text, three numbers for each wish: status, votes, and the counter known of its device slot
-- before. 1 counted (or so already), 2 stale (a later wish of this device is known), 3 voting closed, 4 own
-- question, 5 not open for votes. Behind them the place in the event stream at which all this is so.
-- Idempotent: the wish is absolute, and a repeat that agrees with what stands is answered 1.
local COUNTED, STALE, CLOSED, OWN, NOT_LISTED = 1, 2, 3, 4, 5
local A_WISH = 5 -- numbers each

local RUN = 500 -- fields in one command: Lua unpacks some thousand at most

local function load_question(keys, index)
  local at = 2 + 4 * index
  local row = redis.call('HMGET', keys[at], 'q', 'votable', 'asker', 'number', 'members')
  return { q = row[1], votable = row[2] == '1', asker = tonumber(row[3]),
    number = tonumber(row[4] or 0), head = tonumber(row[5] or 0) > 0, voters = keys[at + 1],
    took_back = keys[at + 2], barred = keys[at + 3], votes = redis.call('BITCOUNT', keys[at + 1]) }
end

-- One command for very many items, and one record of the append-only file, instead of one for each.
local function in_runs(command, key, items)
  for from = 1, #items, RUN do
    redis.call(command, key, unpack(items, from, math.min(from + RUN - 1, #items)))
  end
end

-- The highest counter known of each wish's device, by its field.
local function known_counters(key, run)
  local fields, known = {}, {}
  for at = 1, #run, A_WISH do fields[#fields + 1] = run[at + 1] * 16 + run[at + 4] end
  for from = 1, #fields, RUN do
    local last = math.min(from + RUN - 1, #fields)
    local found = redis.call('HMGET', key, unpack(fields, from, last))
    for at = from, last do known[fields[at]] = tonumber(found[at - from + 1] or 0) end
  end
  return known
end

-- Let one wish of an open question stand.
local function stand(question, voter, on)
  if redis.call('SETBIT', question.voters, voter, on) == on then return end
  if on == 0 and question.head then redis.call('SETBIT', question.took_back, voter, 1) end
  question.votes = question.votes + 2 * on - 1
  question.touched = true
end

-- Where the event stream stands.
local function last_entry(events)
  local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end

-- Rank and tell what changed: one command each, however many questions. Returns where the event stream
-- stands then.
local function tell_totals(keys, questions)
  local ranks, totals = {}, {}
  for _, question in pairs(questions) do
    if question.touched then
      ranks[#ranks + 1] = score(question.votes, question.number)
      ranks[#ranks + 1] = question.q
      totals[#totals + 1] = question.number .. ' ' .. question.votes
    end
  end
  if #totals == 0 then return last_entry(keys[4]) end
  in_runs('ZADD', keys[2], ranks)
  return announce(keys[4], meeting_of(keys[1]), false, 't', 'votes', 'run', table.concat(totals, ' '))
end

redis.register_function('count_votes', function(keys, args)
  local open = redis.call('HGET', keys[1], 'voting') == '1'
  local run = cmsgpack.unpack(args[1])
  local known = known_counters(keys[3], run)
  local questions, answers, counters, active = {}, {}, {}, {}
  for at = 1, #run, A_WISH do
    local index, voter, on, counter = run[at], run[at + 1], run[at + 2], run[at + 3]
    local question = questions[index] or load_question(keys, index)
    questions[index] = question
    local field = voter * 16 + run[at + 4]
    local status, before = COUNTED, known[field]
    if not open then
      status = CLOSED
    elseif question.asker == voter
      or (question.head and redis.call('GETBIT', question.barred, voter) == 1) then
      status = OWN
    elseif not question.votable then
      status = NOT_LISTED
    elseif counter > before then
      if before == 0 then active[#active + 1] = voter end
      known[field] = counter
      counters[#counters + 1] = field
      counters[#counters + 1] = counter
      stand(question, voter, on)
    elseif redis.call('GETBIT', question.voters, voter) ~= on then
      status = STALE
    end
    answers[#answers + 1] = status
    answers[#answers + 1] = question.votes
    answers[#answers + 1] = string.format('%d', before)
  end
  in_runs('HSET', keys[3], counters)
  for _, voter in ipairs(active) do redis.call('SETBIT', keys[5], voter, 1) end
  answers[#answers + 1] = tell_totals(keys, questions)
  return table.concat(answers, ' ')
end)

-- votes_of: which of a run of questions each of some people has voted for.
-- KEYS  1 events STREAM   2.. voters BITMAP of each question   ARGV  voter numbers
-- Returns the place in the event stream at which this is so, then for each voter the list of their
-- questions, by index among the bitmaps (1..).
redis.register_function({ function_name = 'votes_of', callback = function(keys, args)
  local found = { last_entry(keys[1]) }
  for i = 1, #args do
    local voted = {}
    for at = 2, #keys do
      if redis.call('GETBIT', keys[at], args[i]) == 1 then voted[#voted + 1] = at - 1 end
    end
    found[i + 1] = voted
  end
  return found
end, flags = { 'no-writes' } })

-- count_exposure: add how often questions were on a screen; fair order reads the totals.
-- KEYS  1 exposure HASH   2 events STREAM
-- ARGV  a run of two: public number, times seen
-- Returns 'counted'. Not idempotent: a repeat may count a look twice, which the bands absorb.
redis.register_function('count_exposure', function(keys, args)
  local totals = {}
  for i = 1, #args, 2 do
    totals[#totals + 1] = args[i] .. ' ' .. redis.call('HINCRBY', keys[1], args[i], args[i + 1])
  end
  if #totals > 0 then
    announce(keys[2], meeting_of(keys[1]), false, 't', 'seen', 'run', table.concat(totals, ' '))
  end
  return 'counted'
end)
