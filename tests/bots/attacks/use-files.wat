;; Looks for a folder to begin with, and is to find none.
(;IMPORTS;)
(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $directories (param i32)))
(;MODULE;)
(data (i32.const 512) "foundnone")
(;RESPOND;)
(call $directories (i32.const 640))
(if (i32.load (i32.const 644)) (then (return (call $say (i32.const 512) (i32.const 5)))))
(return (call $say (i32.const 517) (i32.const 4)))
