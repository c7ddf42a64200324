# Lists the failures in tap's output: the name of each file, and below it its `not ok` lines with their indentation.
# At most `most` lines (default 60), each cut to 300 characters: the end of a log shows what failed.
BEGIN { if (most == 0) most = 60 }

function show(line) {
  if (++lines <= most) print substr(line, 1, 300)
}

/^# Subtest: / { file = substr($0, 12); in_yaml = 0; next }

# The YAML block below a test point can hold lines that look like one.
in_yaml { if ($0 == indent "...") in_yaml = 0; next }
after_point && /^ *---$/ { in_yaml = 1; indent = substr($0, 1, length($0) - 3); after_point = 0; next }

{ after_point = /^ *(not )?ok [0-9]+/ }
/^ *not ok [0-9]+/ && !/ # (TODO|SKIP)/ {
  if (/^ / && file != shown) { show(file); shown = file }
  show($0)
}

END {
  if (lines > most) print "and " (lines - most) " lines more"
}
