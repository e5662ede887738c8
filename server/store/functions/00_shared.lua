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

-- The total order as one number: more votes first, then the lower public number.
local function score(votes, number)
  return votes * SHIFT + (SHIFT - 1 - number)
end

local function meeting_of(key)
  return string.match(key, '{(.-)}')
end

-- Append one act to the log's intake and to the desk's log, and its place there to the question's
-- history. All three or none: a function's writes are one step of the store.
local function record(intake, desk_log, history, id, intent, at)
  redis.call('XADD', intake, '*', 'id', id, 'intent', intent)
  local entry = redis.call('XADD', desk_log, '*', 'intent', intent, 'at', at)
  if history then redis.call('RPUSH', history, entry) end
end
