# Time.
moment-months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
moment-today = Today
moment-yesterday = Yesterday
moment-tomorrow = Tomorrow
moment-now = just now
moment-minutes-ago = { $count ->
    [one] 1 minute ago
   *[other] { $number } minutes ago
}
moment-minutes-ahead = { $count ->
    [one] in 1 minute
   *[other] in { $number } minutes
}
moment-hours-ago = { $count ->
    [one] 1 hour ago
   *[other] { $number } hours ago
}
moment-hours-ahead = { $count ->
    [one] in 1 hour
   *[other] in { $number } hours
}
moment-days-ago = { $count ->
    [one] 1 day ago
   *[other] { $number } days ago
}
moment-days-ahead = { $count ->
    [one] in 1 day
   *[other] in { $number } days
}
