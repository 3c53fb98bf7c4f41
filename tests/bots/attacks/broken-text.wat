;; Replies with a text that is not UTF-8.
(;MODULE;)
(data (i32.const 512) "\ff\fe\80")
(;RESPOND;)
(return (call $say (i32.const 512) (i32.const 3)))
