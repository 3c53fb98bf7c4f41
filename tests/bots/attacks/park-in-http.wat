;; Sends a request to somebody who takes it and never answers.
(;IMPORTS;)
(import "retort:bot/http@1.0.0" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
(;RESPOND;)
(call $send (i32.const 536) (i32.const 3) (i32.const 704) (i32.const 22) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 640))
(if (i32.eqz (i32.load8_u (i32.const 640))) (then (return (call $say (i32.const 520) (i32.const 7)))))
(if (i32.ne (i32.load8_u (i32.const 644)) (i32.const 2)) (then unreachable))
(return (call $say (i32.const 512) (i32.const 7)))
(;MODULE;)
(data (i32.const 512) "timeout")
(data (i32.const 520) "answers")
(data (i32.const 536) "GET")
;; Whoever runs this puts in the address, in as many characters.
(data (i32.const 704) "http://127.0.0.1:00000")
