# What a header says at its top, in plain comments, becomes its text in the reference.
FILENAME ~ /\.md$/ { print; next }
FNR == 1 { top = /^\/\/ /; if (top) print "/// \\file" }
top && !/^\/\// { top = 0 }
top { sub(/^\/\/ ?/, "/// "); print; next }
{ print }
