;; Logs more than is kept, in a few large lines.
(;IMPORTS;)
(import "retort:bot/log@1.0.0" "write" (func $log (param i32 i32 i32)))
(;RESPOND;)
(local $line i32)
(memory.fill (i32.const 65536) (i32.const 120) (i32.const 65536))
(loop $again
  (call $log (i32.const 1) (i32.const 65536) (i32.const 65536))
  (local.set $line (i32.add (local.get $line) (i32.const 1)))
  (br_if $again (i32.lt_u (local.get $line) (i32.const 50))))
(return (call $say (i32.const 32) (i32.const 4)))
