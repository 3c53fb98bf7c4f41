;; Logs without end.
(;IMPORTS;)
(import "retort:bot/log@1.0.0" "write" (func $log (param i32 i32 i32)))
(;RESPOND;)
(loop $again (call $log (i32.const 1) (i32.const 32) (i32.const 4)) (br $again))
