# shellcheck shell=bash
# TAB for roux and for the programs of its recipes, in bash: `eval "$(roux completion bash)"`.
#
# Verbs, recipes, presets, cards and keys are asked of roux itself, so that they are those of now.
# Keys and cards are remembered by this shell, since a program needs a moment to list them.

declare -gA _roux_known_keys=() _roux_known_cards=()

# Words up to the cursor, with what bash took apart at '=' and ':' put together again, in `words`.
_roux_words() {
  words=()
  local word glue=
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ ${#words[@]} -gt 1 && (-n $glue || $word == [=:]*) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    # An empty word after '=' is the value that is yet to be typed.
    glue=
    [[ $word == *[=:] && ${#words[@]} -gt 1 ]] && glue=1
  done
}

# Offers those of the given lines that begin with the word at the cursor.
_roux_offer() {
  local IFS=$'\n' typed=$1
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$2" -- "$typed")
}

_roux_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$1")
}

# The keys of the config of a recipe's program, which is called by the given words, in `keys`: a
# subshell could not remember them.
_roux_keys() {
  local program=$*
  if [[ -z ${_roux_known_keys[$program]+known} ]]; then
    _roux_known_keys[$program]=$("$@" --list-keys 2> /dev/null)
  fi
  mapfile -t keys <<< "${_roux_known_keys[$program]}"
}

_roux_presets() { "$@" --list-presets 2> /dev/null | cut -d ' ' -f 1; }

# The option whose values are being typed: the last one that takes several, or the previous word.
_roux_open_option() {
  local i
  for ((i = ${#words[@]} - 2; i > 0; --i)); do
    if [[ ${words[i]} == -* ]]; then
      case ${words[i]} in
        --config | --override | --config-file) printf '%s' "${words[i]}" ;;
        *) ((i == ${#words[@]} - 2)) && printf '%s' "${words[i]}" ;;
      esac
      return
    fi
  done
}

_roux_offer_keys() { # CURRENT PROGRAM...
  local current=$1 keys
  [[ $current == *=* ]] && return
  _roux_keys "${@:2}"
  if [[ $current == del:* ]]; then
    _roux_offer "$current" "$(printf 'del:%s\n' "${keys[@]}")"
  else
    _roux_offer "$current" "$(printf '%s=\n' "${keys[@]}")"
    compopt -o nospace 2> /dev/null
  fi
}

# What may follow a recipe: its program is called by the words given after the current one.
_roux_recipe_words() { # CURRENT PROGRAM...
  local current=$1 keys
  shift
  case $(_roux_open_option) in
    --preset) _roux_offer "$current" "$(_roux_presets "$@")" && return ;;
    --help) _roux_keys "$@" && _roux_offer "$current" "$(printf '%s\n' "${keys[@]}")" && return ;;
    --config-file) [[ $current != -* ]] && _roux_files "$current" && return ;;
    --config | --override) [[ $current != -* ]] && _roux_offer_keys "$current" "$@" && return ;;
  esac
  if [[ $current == -* ]]; then
    _roux_offer "$current" "$_roux_recipe_options"
  else
    _roux_files "$current"
  fi
}

_roux_recipe_options="--preset
--config-file
--config
--override
--checkpoint-dir
--dump-config
--dump-schema
--explain
--explain=dot
--validate
--dry-run
--list-presets
--list-keys
--help
--version"

# What `roux help` has pages on: verbs, and the commands of those that have some.
_roux_offer_help() { # CURRENT
  case $count in
    3) _roux_offer "$1" "$(_roux_next)" ;;
    4) _roux_offer "$1" "$(_roux_next "${words[2]}" | grep -v '^[-<]')" ;;
  esac
}

# The names of the model cards, of the folders that ROUX_CARDS names now.
_roux_offer_cards() { # CURRENT
  local folders=-${ROUX_CARDS-}
  if [[ -z ${_roux_known_cards[$folders]+known} ]]; then
    _roux_known_cards[$folders]=$(roux models --names 2> /dev/null)
  fi
  _roux_offer "$1" "${_roux_known_cards[$folders]}"
}

# What may follow the given words: verbs, and what a verb with a program of its own understands.
_roux_next() { roux help --words "$@" 2> /dev/null | cut -f 1; }

_roux_tool_words() { # CURRENT
  local next option=
  if [[ $1 == --*=* ]]; then
    option=${1%%=*}
    next=$(_roux_next "${words[@]:1:count-2}" "$option")
  else
    next=$(_roux_next "${words[@]:1:count-2}")
  fi
  if [[ $next == '<after '* ]]; then
    next=${next#<after }
    _roux_recipe_words "$1" "${words[0]}" "${next%>}"
  elif [[ -n $option ]]; then
    _roux_offer "$1" "$(grep -v '^<' <<< "$next" | sed "s/^/$option=/")"
  elif [[ $1 == -* || $next != *'<'* ]]; then
    _roux_offer "$1" "$(grep -v '^<' <<< "$next")"
  else
    grep -qxF '<card>' <<< "$next" && _roux_offer_cards "$1"
    grep -qxF '<recipe>' <<< "$next" && _roux_offer "$1" "$(_roux_recipes)"
    grep -qxF '<file>' <<< "$next" && _roux_files "$1"
  fi
}

_roux_verb_words() { # VERB CURRENT, with the number of words in `count`
  case $1 in
    ls) _roux_offer "$2" $'--names\n--programs' ;;
    help) _roux_offer_help "$2" ;;
    completion) ((count == 3)) && _roux_offer "$2" $'bash\nzsh' ;;
    new) if [[ $2 == -* ]]; then _roux_offer "$2" --name; else _roux_files "$2"; fi ;;
    cat) ((count == 3)) && _roux_offer "$2" "$(roux ls --names)" ;;
    cp)
      if [[ $2 == -* ]]; then
        _roux_offer "$2" $'--force\n--make-parents'
      elif ((count == 3)); then
        _roux_offer "$2" "$(roux ls --names)"
      else
        _roux_files "$2"
      fi
      ;;
    validate)
      if ((count == 3)); then
        _roux_offer "$2" "$(_roux_recipes)"
      elif [[ $2 == -* ]]; then
        _roux_offer "$2" $'--preset\n--config\n--override'
      else
        _roux_recipe_words "$2" "${words[0]}" "${words[2]}"
      fi
      ;;
    *) _roux_tool_words "$2" ;;
  esac
}

# The names of the recipes, without those of presets.
_roux_recipes() { roux ls --recipes; }

# What bash asks for: fills COMPREPLY for the command line in COMP_WORDS and COMP_CWORD.
_roux() {
  local words count current
  COMPREPLY=()
  _roux_words
  count=${#words[@]}
  current=${words[-1]}

  if ((count == 2)); then
    _roux_offer "$current" "$(_roux_next)"$'\n'"$(_roux_recipes)"$'\n--help\n--version'
    [[ $current == */* || $current == .* ]] && _roux_files "$current"
  elif _roux_next | grep -qxF -- "${words[1]}"; then
    _roux_verb_words "${words[1]}" "$current"
  else
    _roux_recipe_words "$current" "${words[0]}" "${words[1]}"
  fi
  _roux_trim "$current"
}

_roux_program() {
  local words
  COMPREPLY=()
  _roux_words
  _roux_recipe_words "${words[-1]}" "${words[0]}"
  _roux_trim "${words[-1]}"
}

# bash replaces only what follows the last '=' or ':': the rest must not be offered again.
_roux_trim() {
  local breaks=${COMP_WORDBREAKS//[^=:]/} head i
  [[ -n $breaks && $1 == *["$breaks"]* ]] || return 0
  head=${1%"${1##*["$breaks"]}"}
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$head"}; done
}

complete -F _roux roux
# shellcheck disable=SC2046  # one word a program
complete -F _roux_program $(roux ls --programs 2> /dev/null) > /dev/null 2>&1 || true
