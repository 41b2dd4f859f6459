# Completion of synckit for bash.
_synckit() {
    local line=${COMP_LINE:0:COMP_POINT} suggestion
    local word=${line##*[[:space:]]}
    line=${line%"$word"}
    COMPREPLY=()
    while IFS= read -r suggestion; do
        # Options only where one was begun, so that elsewhere files can be completed.
        if [[ -n $suggestion && $suggestion == "$word"* && $suggestion != /* && ($word == -* || $suggestion != -*) ]]; then
            COMPREPLY+=("$suggestion")
        fi
    done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
}
complete -o default -F _synckit synckit
