#!lua name=openfloor
-- Shared by all functions of the library. No function holds policy: each compares revisions and
-- numbers that a domain decision handed it, and writes everything or nothing.

local SHIFT = 16777216 -- 2^24: room for the public number below the votes in one exact double
local EVENTS_KEPT = 20000 -- about 20 minutes at one entry every 60 ms; a reader behind takes a snapshot

-- Append to the meeting's event stream; urgent entries also wake the readers at once.
local function announce(events, meeting, urgent, ...)
  local id = redis.call('XADD', events, 'MAXLEN', '~', EVENTS_KEPT, '*', ...)
  if urgent then redis.call('PUBLISH', 'of:wake', meeting) end
  return id
end

-- The intake while the meeting's record is open, else nil.
local function open_intake(meeting, intake)
  return redis.call('HEXISTS', meeting, 'log_closed') == 0 and intake or nil
end

-- The total order as one number: more votes first, then the lower public number.
local function score(votes, number)
  return votes * SHIFT + (SHIFT - 1 - number)
end

-- True from the first step of bringing a lost or older store back until its last (rebuild.lua).
local function rebuilds(meeting)
  return redis.call('HEXISTS', meeting, 'rebuilding') == 1
end

local function meeting_of(key)
  return string.match(key, '{(.-)}')
end

-- Append one act to the log's intake and to the desk's log, and its place there to the question's
-- history. All three or none: a function's writes are one step of the store. Without an intake (nil: the
-- record is closed) the desk alone is told.
local function record(intake, desk_log, history, id, intent, at)
  if intake then redis.call('XADD', intake, '*', 'id', id, 'intent', intent) end
  local entry = redis.call('XADD', desk_log, '*', 'intent', intent, 'at', at)
  if history then redis.call('RPUSH', history, entry) end
end

-- Freeze the tallies as the next tick: what is listed now, by the total order. `keys` holds, from `at`
-- on: rank:listed, ticks HASH, active voters BITMAP, free numbers SET, opened STRING. Returns the tick's
-- number, its ranking and its intent, which the caller records.
local function frozen(keys, at, now, intent)
  local n, ranking = redis.call('HLEN', keys[at + 1]) + 1, {}
  local listed = redis.call('ZREVRANGE', keys[at], 0, -1, 'WITHSCORES')
  for i = 1, #listed, 2 do
    ranking[#ranking + 1] = { listed[i], math.floor(tonumber(listed[i + 1]) / SHIFT) }
  end
  local eligible = tonumber(redis.call('GET', keys[at + 4]) or 0) - redis.call('SCARD', keys[at + 3])
  local active = redis.call('BITCOUNT', keys[at + 2])
  redis.call('HSET', keys[at + 1], n, cjson.encode({ at = now, eligible = eligible, active = active,
    ranking = ranking }))
  local told = intent:gsub('"@n"', n):gsub('"@eligible"', eligible):gsub('"@active"', active)
  return n, ranking, told
end
