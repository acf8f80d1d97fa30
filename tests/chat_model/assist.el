;;; assist.el --- A person at a plain Emacs: eglot, and nothing else  -*- lexical-binding: t -*-
;; Writes what came of each step to a file, as JSON.
(require 'package)
(package-initialize)                    ; before Emacs 29 eglot is a package
(require 'eglot)
(require 'json)

(defvar told nil)
(defun tell (key value) (push (cons key value) told))
(defun text () (buffer-substring-no-properties (point-min) (point-max)))
(defun truth (value) (if value t :json-false))

(defun wait (what condition)
  (with-timeout (60 (error "Waited in vain for %s" what))
    (while (not (funcall condition)) (accept-process-output nil 0.02))))

(defun execute (server name &rest argument)
  (jsonrpc-request server :workspace/executeCommand
                   (list :command (concat "codegeex." name) :arguments (vector argument)) :timeout 60))

(defun run (command model file)
  (setq eglot-connect-timeout 60 eglot-sync-connect 60 eglot-confirm-server-initiated-edits nil
        eglot-server-programs
        `((python-mode . (,command "-m" "codegeex_lsp" :initializationOptions (:model ,model :threads 1)))))
  (find-file file)
  (let* ((server (apply #'eglot (eglot--guess-contact)))
         (before (text))
         (uri (concat "file://" file)))
    (wait "the server" #'eglot-managed-p)
    ;; The code actions at the cursor, as `M-x eglot-code-actions' has them.
    (goto-char (point-min))
    (undo-boundary)
    (eglot-code-actions (point) nil "refactor.rewrite.codegeex.comment" t)
    (wait "comments" (lambda () (not (equal (text) before))))
    (tell 'commented (text))
    (undo-boundary)
    (undo)
    (tell 'undone (truth (equal (text) before)))
    (tell 'asked (plist-get (execute server "ask" :question "What is the capital of France?" :apply :json-false) :text))
    (tell 'java (plist-get (execute server "translate" :uri uri :target "java" :apply :json-false) :code))
    (tell 'refused (condition-case fault
                       (progn (execute server "translate" :uri uri :target "python") "")
                     (jsonrpc-error (cdr (assq 'jsonrpc-error-message (cddr fault))))))
    (eglot-shutdown server)))

(let ((given (split-string (getenv "CODEGEEX_TEST") "\n")))
  (condition-case fault
      (run (nth 0 given) (nth 1 given) (nth 2 given))
    (error (tell 'fault (error-message-string fault))))
  (with-temp-file (nth 3 given) (insert (json-encode told))))
