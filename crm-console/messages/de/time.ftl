# Zeit.
moment-months = Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.
moment-today = Heute
moment-yesterday = Gestern
moment-tomorrow = Morgen
moment-now = gerade eben
moment-minutes-ago = { $count ->
    [one] vor 1 Minute
   *[other] vor { $number } Minuten
}
moment-minutes-ahead = { $count ->
    [one] in 1 Minute
   *[other] in { $number } Minuten
}
moment-hours-ago = { $count ->
    [one] vor 1 Stunde
   *[other] vor { $number } Stunden
}
moment-hours-ahead = { $count ->
    [one] in 1 Stunde
   *[other] in { $number } Stunden
}
moment-days-ago = { $count ->
    [one] vor 1 Tag
   *[other] vor { $number } Tagen
}
moment-days-ahead = { $count ->
    [one] in 1 Tag
   *[other] in { $number } Tagen
}
