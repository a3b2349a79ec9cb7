-- Counts a request for each of KEYS, whose limits a minute are ARGV, or for none if one of them refuses it.
-- What is kept is when the last of the requests counted so far was due, in microseconds, if they had come one by one.
-- Answers for each how many are left, and how many microseconds to wait: zero if the request is within the limit.
local window = 60000000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due, answer, allowed = {}, {}, true
for i, key in ipairs(KEYS) do
  local interval = window / tonumber(ARGV[i])
  local last = math.max(tonumber(redis.call('GET', key) or now), now)
  due[i] = last + interval
  -- A clock's tick may be lost to rounding.
  local wait = due[i] - now - window - 1
  if wait > 0 then
    allowed = false
    answer[2 * i - 1] = 0
    answer[2 * i] = math.ceil(wait)
  else
    answer[2 * i - 1] = math.max(math.floor((now + window + 1 - due[i]) / interval), 0)
    answer[2 * i] = 0
  end
end
if allowed then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', due[i]), 'PX', math.ceil((due[i] - now) / 1000))
  end
end
return answer
