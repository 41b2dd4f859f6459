# Completion of synckit for zsh.
_synckit() {
    local line="${(j: :)words[1,CURRENT-1]} " word="${words[CURRENT]}"
    local -a suggestions
    suggestions=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
    suggestions=(${suggestions:#/*})
    # Options only where one was begun, so that elsewhere files can be completed.
    [[ $word == -* ]] || suggestions=(${suggestions:#-*})
    (( $#suggestions )) && compadd -a suggestions || _files
}
compdef _synckit synckit
