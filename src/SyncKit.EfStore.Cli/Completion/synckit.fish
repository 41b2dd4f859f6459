# Completion of synckit for fish.
function __synckit_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l word (commandline --current-token --cut-at-cursor | string collect)
    set -l line (commandline --current-process --cut-at-cursor | string collect)
    set -l asked (string sub --length (math (string length -- "$line") - (string length -- "$word")) -- "$line" | string collect)
    set -l offered
    for suggestion in ($words[1] "[suggest:"(string length -- "$asked")"]" "$asked" 2>/dev/null)
        # Options only where one was begun, so that elsewhere files can be completed.
        if string match --quiet -- '/*' $suggestion
            continue
        end
        if string match --quiet -- '-*' "$word"; or not string match --quiet -- '-*' $suggestion
            set --append offered $suggestion
        end
    end
    if set --query offered[1]
        printf '%s\n' $offered
    else
        __fish_complete_path "$word"
    end
end
complete --command synckit --no-files --arguments '(__synckit_complete)'
