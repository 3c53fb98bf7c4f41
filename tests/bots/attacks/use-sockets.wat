;; Asks for a socket, and is to be refused one.
(;IMPORTS;)
(import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $socket (param i32 i32)))
(;MODULE;)
(data (i32.const 512) "opened" "refused")
(;RESPOND;)
(call $socket (i32.const 0) (i32.const 640))
(if (i32.load8_u (i32.const 640)) (then (return (call $say (i32.const 518) (i32.const 7)))))
(return (call $say (i32.const 512) (i32.const 6)))
