;; Sends one request after the other, without an end.
(;IMPORTS;)
(import "retort:bot/http@1.0.0" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
(;RESPOND;)
(loop $again
  (call $send (i32.const 536) (i32.const 3) (i32.const 752) (i32.const 17) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 640))
  ;; What its errors say takes memory: it uses the same again.
  (global.set $next (i32.const 1024))
  (br $again))
(;MODULE;)
(data (i32.const 536) "GET")
(data (i32.const 752) "http://127.0.0.2/")
