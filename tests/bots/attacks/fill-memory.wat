;; Fills 32 MiB in one instruction, again and again: the engine cannot stop it in the middle of one.
(;RESPOND;)
(drop (memory.grow (i32.const 512)))
(loop $again
  (memory.fill (i32.const 524288) (i32.const 165) (i32.const 33554432))
  (br $again))
