-- cast_votes: count a batch of wishes, each person once per question, and announce the new totals.
-- KEYS  1 meeting HASH   2 rank:listed ZSET   3 counters HASH   4 events STREAM   5 active BITMAP
--       then for each question in the batch: question HASH, voters, took_back, barred (BITMAPs; the
--       last two matter while questions are merged into it, see groups.lua)
-- ARGV  1 all wishes as one text, five numbers each: index of the question (1..)   voter number
--       on 0|1   counter   device slot 0..15. One text, because a thousand arguments cost both sides
--       more than the counting.
-- Returns one text, three numbers for each wish: status, votes, counter. 1 counted (or so already),
-- 2 stale (a later wish of this device is known; `counter` is its), 3 voting closed, 4 own question,
-- 5 not open for votes.
-- Idempotent: the wish is absolute, and a repeat that agrees with what stands is answered 1.
local COUNTED, STALE, CLOSED, OWN, NOT_LISTED = 1, 2, 3, 4, 5
local WISH = '(%d+) (%d+) (%d) (%d+) (%d+)'

local function load_question(keys, index)
  local at = 2 + 4 * index
  local row = redis.call('HMGET', keys[at], 'q', 'votable', 'asker', 'number', 'members')
  return { q = row[1], votable = row[2] == '1', asker = row[3], number = tonumber(row[4] or 0),
    head = tonumber(row[5] or 0) > 0, voters = keys[at + 1], took_back = keys[at + 2],
    barred = keys[at + 3] }
end

redis.register_function('cast_votes', function(keys, args)
  local open = redis.call('HGET', keys[1], 'voting') == '1'
  local questions, answers = {}, {}
  for index, voter, on, counter, slot in string.gmatch(args[1], WISH) do
    index, on, counter = tonumber(index), tonumber(on), tonumber(counter)
    local question = questions[index]
    if not question then
      question = load_question(keys, index)
      question.votes = redis.call('BITCOUNT', question.voters)
      questions[index] = question
    end
    local status, latest = COUNTED, counter
    if not open then
      status = CLOSED
    elseif question.asker == voter
      or (question.head and redis.call('GETBIT', question.barred, voter) == 1) then
      status = OWN
    elseif not question.votable then
      status = NOT_LISTED
    else
      local field = tonumber(voter) * 16 + tonumber(slot)
      local known = tonumber(redis.call('HGET', keys[3], field) or 0)
      local stands = redis.call('GETBIT', question.voters, voter)
      if counter > known then
        redis.call('HSET', keys[3], field, string.format('%d', counter))
        if stands ~= on then
          redis.call('SETBIT', question.voters, voter, on)
          if on == 1 then
            redis.call('SETBIT', keys[5], voter, 1)
          elseif question.head then
            redis.call('SETBIT', question.took_back, voter, 1)
          end
          question.votes = question.votes + (on == 1 and 1 or -1)
          question.touched = true
        end
      elseif stands ~= on then
        status, latest = STALE, known
      end
    end
    answers[#answers + 1] = status
    answers[#answers + 1] = question.votes
    answers[#answers + 1] = string.format('%d', latest)
  end
  local totals = {}
  for _, question in pairs(questions) do
    if question.touched then
      redis.call('ZADD', keys[2], score(question.votes, question.number), question.q)
      totals[#totals + 1] = question.number .. ' ' .. question.votes
    end
  end
  if #totals > 0 then
    announce(keys[4], meeting_of(keys[1]), false, 't', 'votes', 'run', table.concat(totals, ' '))
  end
  return table.concat(answers, ' ')
end)

-- votes_of: which of a run of questions each of some people has voted for.
-- KEYS  voters BITMAP of each question   ARGV  voter numbers
-- Returns for each voter the list of their questions, by index in KEYS (1..).
redis.register_function({ function_name = 'votes_of', callback = function(keys, args)
  local found = {}
  for i = 1, #args do
    local voted = {}
    for at = 1, #keys do
      if redis.call('GETBIT', keys[at], args[i]) == 1 then voted[#voted + 1] = at end
    end
    found[i] = voted
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
