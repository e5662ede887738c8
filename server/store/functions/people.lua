-- A voter number is drawn at random from the open block of 1,024: dense enough for bitmaps, yet it
-- does not tell who came first.
local BLOCK = 1024

local function draw_number(free, opened)
  if redis.call('SCARD', free) == 0 then
    local start = tonumber(redis.call('GET', opened) or 0)
    for at = start, start + BLOCK - 1, 128 do
      local run = {}
      for i = 0, 127 do run[i + 1] = at + i end
      redis.call('SADD', free, unpack(run))
    end
    redis.call('SET', opened, start + BLOCK)
  end
  return tonumber(redis.call('SPOP', free))
end

local function sign_in(key, role, voter, label, expires)
  redis.call('HSET', key, 'role', role, 'voter', voter, 'label', label, 'expires', expires)
  redis.call('PEXPIREAT', key, expires)
end

-- True when the meeting still admits this way; the first who joins fixes it.
local function admits(meeting, way)
  local joined = redis.call('HGET', meeting, 'joined')
  if joined then return joined == way end
  if cjson.decode(redis.call('HGET', meeting, 'json')).admission ~= way then return false end
  redis.call('HSET', meeting, 'joined', way)
  return true
end

local function held_number(key)
  return tonumber(redis.call('HGET', key, 'voter') or '')
end

-- admit_voter: sign one attendee in with a fresh voter number.
-- KEYS  1 sign-in HASH   2 free numbers SET   3 numbers opened STRING   4 meeting HASH
--       5 attendees' sign-ins SET
-- ARGV  1 expires at (ms)   2 digest of the sign-in
-- Returns the voter number, -3 when the meeting admits otherwise now. Idempotent by the sign-in's key.
redis.register_function('admit_voter', function(keys, args)
  local held = held_number(keys[1])
  if held then return held end
  if not admits(keys[4], 'code') then return -3 end
  local voter = draw_number(keys[2], keys[3])
  sign_in(keys[1], 'attendee', voter, '', args[1])
  redis.call('SADD', keys[5], args[2])
  return voter
end)

-- admit_from_roster: the same against a single-use code.
-- KEYS  as admit_voter, 6 roster HASH
-- ARGV  as admit_voter, 3 digest of the code
-- Returns the voter number, -1 unknown code, -2 used code, -3 as admit_voter.
redis.register_function('admit_from_roster', function(keys, args)
  local held = held_number(keys[1])
  if held then return held end
  local code = redis.call('HGET', keys[6], args[3])
  if not code then return -1 end
  if code ~= '' then return -2 end
  if not admits(keys[4], 'roster') then return -3 end
  redis.call('HSET', keys[6], args[3], 'used')
  local voter = draw_number(keys[2], keys[3])
  sign_in(keys[1], 'attendee', voter, '', args[1])
  redis.call('SADD', keys[5], args[2])
  return voter
end)

-- take_device: sign a further device in as the voter who made the link; the link ends.
-- KEYS  1 device link STRING   2 sign-in HASH   3 attendees' sign-ins SET
-- ARGV  1 expires at (ms)   2 digest of the sign-in
-- Returns the voter number | -1 no such link (any more).
redis.register_function('take_device', function(keys, args)
  local voter = redis.call('GET', keys[1])
  if not voter then return -1 end
  redis.call('DEL', keys[1])
  sign_in(keys[2], 'attendee', voter, '', args[1])
  redis.call('SADD', keys[3], args[2])
  return tonumber(voter)
end)

-- end_sign_in: end one sign-in and tell its sockets.
-- KEYS  1 sign-in HASH   2 events STREAM
-- ARGV  1 digest of the sign-in
-- Returns 1 where it stood, else 0; told either way. Idempotent.
redis.register_function('end_sign_in', function(keys, args)
  local stood = redis.call('DEL', keys[1])
  announce(keys[2], meeting_of(keys[2]), true, 't', 'ended', 'sign_in', args[1])
  return stood
end)

-- forget_voters: part attendees' sign-ins from their voter numbers; they go on as admissions to read.
-- KEYS  1 attendees' sign-ins SET   2.. sign-in HASHes
-- ARGV  1.. their digests, as KEYS 2..
-- Returns how many were parted. Idempotent.
redis.register_function('forget_voters', function(keys, args)
  for i = 1, #args do
    if redis.call('EXISTS', keys[i + 1]) == 1 then redis.call('HSET', keys[i + 1], 'voter', '') end
    redis.call('SREM', keys[1], args[i])
  end
  return #args
end)

-- commit_staff: change the staff: its value, the log intent, the sign-in that begins, the one that ends.
-- KEYS  1 staff HASH   2 intake STREAM   3 events STREAM   4 desk's log STREAM   5 sign-in made HASH
--       6 sign-in ended HASH   7 meeting HASH
-- ARGV  1 expected revision   2 staff as JSON   3 log intent or ''   4 made: expires at (ms), 0 for none
--       5 its role   6 its label   7 digest of the ended sign-in or ''   8 now (ms)
-- Returns 'committed' | 'contended' (nothing was changed). Idempotent as commit_meeting.
redis.register_function('commit_staff', function(keys, args)
  local found = tonumber(redis.call('HGET', keys[1], 'revision') or 0)
  if rebuilds(keys[7]) then return 'contended' end
  if found ~= tonumber(args[1]) then
    local same = found == tonumber(args[1]) + 1 and redis.call('HGET', keys[1], 'json') == args[2]
    return same and 'committed' or 'contended'
  end
  redis.call('HSET', keys[1], 'json', args[2], 'revision', found + 1)
  if args[3] ~= '' then record(open_intake(keys[7], keys[2]), keys[4], nil, 's:' .. found + 1, args[3], args[8]) end
  if args[4] ~= '0' then sign_in(keys[5], args[5], '', args[6], args[4]) end
  if args[7] ~= '' then
    redis.call('DEL', keys[6])
    announce(keys[3], meeting_of(keys[1]), true, 't', 'ended', 'sign_in', args[7])
  end
  return 'committed'
end)

-- add_roster: add single-use codes that were staged, all of them at once; used ones stay used.
-- KEYS  1 roster HASH   2 staged SET of code digests
-- Returns how many were new.
redis.register_function('add_roster', function(keys, args)
  local added = 0
  for _, code in ipairs(redis.call('SMEMBERS', keys[2])) do
    added = added + redis.call('HSETNX', keys[1], code, '')
  end
  redis.call('DEL', keys[2])
  return added
end)

-- take_token: take one token from a bucket, by the store's clock.
-- KEYS  1 bucket HASH
-- ARGV  1 tokens per second   2 burst
-- Returns '0' when taken, else the seconds to wait as a string; a refused take changes nothing.
redis.register_function('take_token', function(keys, args)
  local rate, burst = tonumber(args[1]), tonumber(args[2])
  local time = redis.call('TIME')
  local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
  local held = redis.call('HMGET', keys[1], 'tokens', 'at')
  local tokens = tonumber(held[1] or burst)
  tokens = math.min(burst, tokens + math.max(0, now - tonumber(held[2] or now)) * rate)
  if tokens < 1 then return string.format('%.3f', (1 - tokens) / rate) end
  redis.call('HSET', keys[1], 'tokens', tokens - 1, 'at', string.format('%.6f', now))
  redis.call('EXPIRE', keys[1], math.ceil((burst - tokens + 1) / rate) + 1)
  return '0'
end)
