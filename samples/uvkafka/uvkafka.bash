# Completion of uvkafka for bash. Options of the client (-X) come from the program itself.
_uvkafka() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  local commands='produce consume topics groups offsets query broker perf top help'
  local client='-b --bootstrap -X -F --config -m --max-wait -q --quiet --resolve -h --help'
  local options=
  COMPREPLY=()

  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
    return
  fi
  case $previous in
    -F | --config | --stats)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    -X)
      mapfile -t COMPREPLY < <(compgen -S = -W "$("${COMP_WORDS[0]}" help options 2>/dev/null | sed -n 's/^  \([a-z.]*\) =.*/\1/p')" -- "$current")
      [ "${#COMPREPLY[@]}" -eq 1 ] && compopt -o nospace
      return
      ;;
    -z | --compression)
      mapfile -t COMPREPLY < <(compgen -W 'none gzip snappy lz4 zstd' -- "$current")
      return
      ;;
    -o | --offset)
      mapfile -t COMPREPLY < <(compgen -W 'earliest latest stored s@ e@' -- "$current")
      return
      ;;
    --reset)
      mapfile -t COMPREPLY < <(compgen -W 'earliest latest' -- "$current")
      return
      ;;
    --release)
      mapfile -t COMPREPLY < <(compgen -W '0.8.2 0.9 0.10 0.11 1.1 2.4 2.8 3.9 4.3' -- "$current")
      return
      ;;
  esac
  case $command in
    produce) options="-t --topic -p --partition -D --delimiter -K --key-delimiter -k --key -H --header -Z --null -z
      --compression -l --lines --create --report $client" ;;
    consume) options="-t --topic -p --partitions -o --offset -g --group -c --count -e --end -f --format -D --delimiter
      -K --key-delimiter -J --json --base64 -Z --null $client" ;;
    topics) options="-t --topic $client" ;;
    groups) options="-g --group --delete --delete-offsets -t --topic -p --partitions --remove $client" ;;
    offsets) options="-g --group -t --topic --reset $client" ;;
    query) options="-t --topic -J --json $client" ;;
    broker) options='--port --host --brokers --partitions --no-auto-create --topic --release --rack --fault --tls-cert --tls-key --tls-client-ca --tls-make --sasl --user --deny --session-lifetime -h --help' ;;
    perf) options="-t --topic -n --messages -s --size --create --commit $client" ;;
    top) options="-g --group -t --topic -d --delay -n --rounds --stats $client" ;;
    help) options="$commands options" ;;
  esac
  [ "$command" = perf ] && [ "$COMP_CWORD" -eq 2 ] && options='produce consume'
  if [ "$command" = produce ] && [[ $current != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _uvkafka uvkafka
