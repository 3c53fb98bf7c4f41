;; A bot by hand, as small as can be: named `evil`, content with any configuration, silent on purpose. What each
;; of the other files adds or replaces is put in at the marks.
(module
  (;IMPORTS;)
  (memory (export "memory") 8)
  (data (i32.const 16) "\20\00\00\00\04\00\00\00\30\00\00\00\05\00\00\00")
  (data (i32.const 32) "evil")
  (data (i32.const 48) "1.0.0")
  ;; 64: no problem with the configuration. 128: the reply `no-answer`.
  (data (i32.const 128) "\00\00\00\00\01")
  (global $next (mut i32) (i32.const 1024))
  (func $allocate (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (;REALLOC;)
    (call $allocate (local.get 2) (local.get 3)))
  (func (export "retort:bot/handler@1.0.0#describe") (result i32) (i32.const 16))
  (func (export "retort:bot/handler@1.0.0#check-config") (result i32) (i32.const 64))
  (func (export "retort:bot/handler@1.0.0#respond") (param i32) (result i32)
    (;RESPOND;)
    (i32.const 128))
  (;MODULE;)
)
