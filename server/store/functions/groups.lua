-- Merging unites voters without mixing them up: while a head has members, its `voters` hold the union
-- (what is shown and voted on), `alone` its own votes, and each member keeps its own untouched.
-- Who takes back for the group is noted in `took_back`, so that a later split restores exactly.
--
-- KEYS of both functions: 1 to 20 as every decision (of the member), then
--   21 head HASH   22 head's voters   23 alone   24 took_back   25 barred   26 and 27 scratch
--   (22 to 27 are BITMAPs)   28 members HASH of the head   29 head's history LIST
--   30 lineage HASH   31.. voters BITMAP of each present member
-- ARGV  1 the decision   2 head's id   3 head's revision   4.. present members, as KEYS 31..
local FIRST_MEMBER = 31
local RUN = 1000 -- sets at once: Lua takes some 8,000 arguments, and a group may have more members

-- Make `into` the union of one set with sets[from..]; `into` may be that one.
local function union(into, one, sets, from)
  redis.call('BITOP', 'OR', into, one, one)
  for i = from, #sets, RUN do
    redis.call('BITOP', 'OR', into, into, unpack(sets, i, math.min(i + RUN - 1, #sets)))
  end
end

local function without(set, removed, scratch)
  redis.call('BITOP', 'AND', scratch, set, removed)
  redis.call('BITOP', 'XOR', set, set, scratch)
end

-- Carry what was voted and taken back since the last change into the sets of head and members.
local function settle(keys)
  local voters, alone, took_back, x, y = keys[22], keys[23], keys[24], keys[26], keys[27]
  union(x, alone, keys, FIRST_MEMBER)
  redis.call('BITOP', 'AND', x, x, voters)
  redis.call('BITOP', 'XOR', x, x, voters) -- shown, yet in nobody's set: voted for the group since
  if redis.call('BITCOUNT', took_back) > 0 then
    redis.call('BITOP', 'AND', y, took_back, voters) -- took back and voted again: for the head, then
    redis.call('BITOP', 'OR', x, x, y)
    for i = FIRST_MEMBER, #keys do without(keys[i], took_back, y) end
    without(alone, took_back, y)
  end
  redis.call('BITOP', 'OR', alone, alone, x)
  redis.call('DEL', took_back, x, y)
end

-- Show the union of head and these members, less those who may not vote for it.
local function unite(keys, sets)
  union(keys[22], keys[23], sets, 1)
  without(keys[22], keys[25], keys[26])
  redis.call('DEL', keys[26])
end

local LOST = '-1' -- stands for an asker whom a rebuilt store does not know

-- Nobody who asked one of them votes for the group: neither the members' askers nor the head's.
local function bar(keys)
  redis.call('DEL', keys[25])
  local askers = redis.call('HVALS', keys[28])
  askers[#askers + 1] = redis.call('HGET', keys[21], 'asker')
  for _, asker in ipairs(askers) do
    if asker ~= LOST then redis.call('SETBIT', keys[25], asker, 1) end
  end
end

local function refresh_head(keys, q)
  local votes = redis.call('BITCOUNT', keys[22])
  local members, people, askers = 0, { [redis.call('HGET', keys[21], 'asker')] = true }, 0
  for _, asker in ipairs(redis.call('HVALS', keys[28])) do
    members = members + 1
    if asker == LOST then
      askers = askers + 1
    else
      people[asker] = true
    end
  end
  for _ in pairs(people) do askers = askers + 1 end
  local number = tonumber(redis.call('HGET', keys[21], 'number'))
  local revision = redis.call('HINCRBY', keys[21], 'revision', 1)
  redis.call('HSET', keys[21], 'members', members, 'askers', askers, 'votes', votes)
  if redis.call('ZSCORE', keys[10], q) then redis.call('ZADD', keys[10], score(votes, number), q) end
  local state = redis.call('HGET', keys[21], 'state')
  announce(keys[8], meeting_of(keys[21]), true, 't', 'question', 'q', q, 's', state, 'r', revision)
end

local function head_hindered(keys, args)
  local revision = redis.call('HGET', keys[21], 'revision')
  if revision ~= args[3] then return { 'head_contended', tonumber(revision or 0) } end
  if redis.call('HLEN', keys[28]) ~= #args - 3 then return { 'head_contended', tonumber(revision) } end
  local present = {}
  for _, q in ipairs(redis.call('HKEYS', keys[28])) do present[q] = true end
  for i = 4, #args do
    if not present[args[i]] then return { 'head_contended', 0 } end
  end
  return nil
end

-- Make one question a member of the head's group.
local function join_group(keys, q)
  if redis.call('HLEN', keys[28]) > 0 then
    settle(keys)
  else
    redis.call('BITOP', 'OR', keys[23], keys[22], keys[22])
  end
  redis.call('HSET', keys[28], q, redis.call('HGET', keys[1], 'asker'))
  redis.call('HSET', keys[30], redis.call('HGET', keys[1], 'number'), redis.call('HGET', keys[21], 'number'))
  bar(keys)
  local sets = { keys[2] }
  for i = FIRST_MEMBER, #keys do sets[#sets + 1] = keys[i] end
  unite(keys, sets)
end

-- Take one member out of the head's group; its own voters stand among KEYS 31.. too.
local function leave_group(keys, q)
  settle(keys)
  redis.call('HDEL', keys[28], q)
  redis.call('HDEL', keys[30], redis.call('HGET', keys[1], 'number'))
  bar(keys)
  local sets = {}
  for i = FIRST_MEMBER, #keys do
    if keys[i] ~= keys[2] then sets[#sets + 1] = keys[i] end
  end
  unite(keys, sets)
  if #sets == 0 then
    redis.call('BITOP', 'OR', keys[22], keys[23], keys[23])
    redis.call('DEL', keys[23], keys[25])
  end
end

-- One decision about a member and its head, with what `change` does to the group in between.
local function regroup(keys, args, change)
  local d = cjson.decode(args[1])
  local no = hindered(keys, d) or head_hindered(keys, args)
  if no then return no end
  change(keys, d.q)
  local answer = commit(keys, d)
  redis.call('RPUSH', keys[29], redis.call('LINDEX', keys[3], -1))
  refresh_head(keys, args[2])
  return answer
end

-- merge_question: unite one question with a head; people who voted for both count once.
-- KEYS, ARGV  as above
-- Returns as commit_decision | {'head_contended', revision found}.
redis.register_function('merge_question', function(keys, args)
  return regroup(keys, args, join_group)
end)

-- split_question: take one member out of its group again; everybody's votes stand where they were cast.
-- KEYS, ARGV  as above, and as leave_group
-- Returns as merge_question.
redis.register_function('split_question', function(keys, args)
  return regroup(keys, args, leave_group)
end)
