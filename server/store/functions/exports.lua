-- ask_export: keep a new export, where there is room for it.
-- KEYS  1 exports HASH
-- ARGV  1 export id   2 export as JSON   3 most kept   4 most unfinished
-- Returns 'asked' (also when this id was asked before), or 'busy' when too many are unfinished. The
-- oldest done ones make room.
redis.register_function('ask_export', function(keys, args)
  if redis.call('HEXISTS', keys[1], args[1]) == 1 then return 'asked' end
  local done, unfinished = {}, 0
  for _, row in ipairs(redis.call('HVALS', keys[1])) do
    local one = cjson.decode(row)
    if one.stage == 'queued' or one.stage == 'running' then
      unfinished = unfinished + 1
    else
      done[#done + 1] = one
    end
  end
  if unfinished >= tonumber(args[4]) then return 'busy' end
  table.sort(done, function(one, other)
    if one.at ~= other.at then return one.at < other.at end
    return one.id < other.id
  end)
  local over = #done + unfinished + 1 - tonumber(args[3])
  for at = 1, math.min(over, #done) do redis.call('HDEL', keys[1], done[at].id) end
  redis.call('HSET', keys[1], args[1], args[2])
  return 'asked'
end)

-- change_export: let an export go from one value to another, if nobody else changed it.
-- KEYS  1 exports HASH
-- ARGV  1 export id   2 the JSON that was read   3 the JSON that it becomes
-- Returns 'changed' (also when it is that already), or 'elsewhere' (nothing is changed).
redis.register_function('change_export', function(keys, args)
  local found = redis.call('HGET', keys[1], args[1])
  if found == args[3] then return 'changed' end
  if found ~= args[2] then return 'elsewhere' end
  redis.call('HSET', keys[1], args[1], args[3])
  return 'changed'
end)
