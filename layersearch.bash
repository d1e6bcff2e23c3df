--generate-completion-script
bash
