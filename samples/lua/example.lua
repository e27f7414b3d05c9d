-- Sends some records and reads them back, on luv's loop, beside a timer of luv. Run with luv and the module of kafka.c:
--   LUA_CPATH='./?.so;;' lua5.4 example.lua 127.0.0.1:9092
local uv = require("luv")
local kafka = require("kafka")

local records = 5
local session = kafka.session{["bootstrap.servers"] = arg[1] or "127.0.0.1:9092", ["client.id"] = "lua"}

local sent = 0
local timer = uv.new_timer()
timer:start(0, 10, function()
  sent = sent + 1
  session:send("orders", "42", "order " .. sent, function(error, partition, offset)
    assert(not error, error)
  end)
  if sent == records then timer:close() end
end)

local received = 0
session:consume("lua", "orders", function(envelope)
  print(envelope:value())
  envelope:commit() -- only now comes the next one
  received = received + 1
  if received == records then
    session:close(function() print("closed") end)
  end
end)

uv.run()
