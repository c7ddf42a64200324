#!/usr/bin/env bash
# Synthesises the texts of de.yaml and en.yaml as WAV files for telephony: 8 kHz, mono, 16 bit.
#
#   build.sh [DIRECTORY]   writes DIRECTORY/<language>/<name>.wav and DIRECTORY/music/hold.wav (default: ../sounds)
#   build.sh --list        only prints language, name and text of each recording
#
# Needs Debian's espeak-ng and sox. The same versions produce identical files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

texts() {
  local language=$1 line
  while IFS= read -r line; do
    case $line in '#'* | '') continue ;; esac
    printf '%s\t%s\t%s\n' "$language" "${line%%:*}" "${line#*: }"
  done <"$language.yaml"
}

list() {
  texts de
  texts en
}

if [[ ${1:-} == --list ]]; then
  list
  exit
fi

for tool in espeak-ng sox; do
  command -v "$tool" >/dev/null || { echo "build.sh: $tool is missing: apt-get install espeak-ng sox" >&2; exit 1; }
done

sounds=${1:-../sounds}
raw=$(mktemp -d)
trap 'rm -rf "$raw"' EXIT

# No dither (-D), so that every run produces identical files. Telephony carries 300 to 3400 Hz: other frequencies
# would only reduce the level. A short pause replaces espeak-ng's silence around a text, and the compander raises
# soft syllables, which are otherwise inaudible in a noisy environment.
to_line() {
  sox -D "$1" -r 8000 -c 1 -b 16 -e signed-integer "$2" \
    gain -6 highpass 200 rate 8000 lowpass 3400 \
    silence 1 0.01 0.3% reverse silence 1 0.01 0.3% pad 0.15 reverse pad 0.05 \
    compand 0.005,0.1 -60,-60,-30,-20,-15,-10,0,-5 0 -90 0.005 gain -n -4
}

while IFS=$'\t' read -r language name text; do
  case $language in
    de) voice=(-v de -s 172 -p 40) ;;
    en) voice=(-v en-gb -s 172 -p 40) ;;
  esac
  mkdir -p "$sounds/$language"
  espeak-ng "${voice[@]}" -w "$raw/spoken.wav" -- "$text"
  to_line "$raw/spoken.wav" "$sounds/$language/$name.wav"
done < <(list)

# Hold music: four soft chords that loop seamlessly.
mkdir -p "$sounds/music"
chord=0
for notes in "220.00 261.63 329.63" "174.61 220.00 349.23" "261.63 329.63 392.00" "196.00 246.94 392.00"; do
  chord=$((chord + 1))
  voices=()
  for note in $notes; do voices+=(sine "$note"); done
  sox -D -n -r 8000 -c 3 -b 16 "$raw/chord$chord.wav" synth 3 "${voices[@]}" remix - fade q 0.8 3 1.2 gain -n -16
done
sox -D "$raw"/chord[1-4].wav -r 8000 -c 1 -b 16 -e signed-integer "$sounds/music/hold.wav"
