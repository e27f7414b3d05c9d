/* A module of Lua around the C API, on the loop of luv: the client's sockets are on the loop that the program runs
   anyway, with `uv.run()`. It is small; see lua/example.lua for all that it does.
   cc -shared -fPIC kafka.c -o kafka.so $(pkg-config --cflags --libs uvkafka lua5.4-luv lua5.4)

   A Lua function that waits for its callback is kept in the registry, and `user` is its reference. When the callback
   can no longer run, kafka_session_on_drop() tells of it, and the reference is given up: nothing is ever leaked. */
#include <kafka/kafka.h>
#include <lauxlib.h>
#include <lua.h>
#include <luv/luv.h>
#include <stdlib.h>

#define SESSION "kafka.session"
#define ENVELOPE "kafka.envelope"

typedef struct {
  kafka_session* session;
  kafka_producer* producer;
  kafka_consumer* consumer;
} session_t;

/* What `user` points to: a Lua function, and its state. */
typedef struct {
  lua_State* lua;
  int function;
} waiter_t;

static waiter_t* wait_with(lua_State* lua, int index) {
  waiter_t* waiter = malloc(sizeof *waiter);
  if (waiter == NULL) luaL_error(lua, "no memory");
  lua_rawgeti(lua, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD); /* coroutines may be gone by then */
  waiter->lua = lua_tothread(lua, -1);
  lua_pop(lua, 1);
  lua_pushvalue(lua, index);
  waiter->function = luaL_ref(lua, LUA_REGISTRYINDEX);
  return waiter;
}
static void forget(void* user) {
  waiter_t* waiter = user;
  luaL_unref(waiter->lua, LUA_REGISTRYINDEX, waiter->function);
  free(waiter);
}
/* Calls the function with the arguments on top of the stack. An error in it is told as luv tells those of its own. */
static void call(waiter_t* waiter, int arguments) {
  lua_rawgeti(waiter->lua, LUA_REGISTRYINDEX, waiter->function);
  lua_insert(waiter->lua, -arguments - 1);
  luv_cfpcall(waiter->lua, arguments, 0, 0);
}
static void push_error(lua_State* lua, const kafka_error* error) {
  if (error == NULL) {
    lua_pushnil(lua);
  } else {
    lua_pushstring(lua, kafka_error_message(error));
  }
}
static int refused(lua_State* lua, waiter_t* waiter) {
  forget(waiter);
  return luaL_error(lua, "%s", kafka_error_message(kafka_last_error()));
}

static session_t* self_of(lua_State* lua) {
  session_t* self = luaL_checkudata(lua, 1, SESSION);
  if (self->session == NULL) luaL_error(lua, "the session is closed");
  return self;
}

/* kafka.session{["bootstrap.servers"] = ..., ...} */
static int session_new(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  int wrong = 0;
  for (lua_pushnil(lua); !wrong && lua_next(lua, 1) != 0; lua_pop(lua, 1)) {
    lua_pushvalue(lua, -2); /* lua_next() needs the key as it is */
    const char* const name = luaL_tolstring(lua, -1, NULL);
    const char* const value = luaL_tolstring(lua, -3, NULL);
    wrong = kafka_options_set(options, name, value) != 0;
    lua_pop(lua, 3);
  }
  session_t* self = lua_newuserdata(lua, sizeof *self);
  *self = (session_t){NULL, NULL, NULL};
  luaL_setmetatable(lua, SESSION);
  if (!wrong) self->session = kafka_session_new(luv_loop(lua), options);
  kafka_options_free(options);
  if (self->session == NULL) return luaL_error(lua, "%s", kafka_error_message(kafka_last_error()));
  if (kafka_session_error(self->session) != NULL) {
    return luaL_error(lua, "%s", kafka_error_message(kafka_session_error(self->session)));
  }
  kafka_session_on_drop(self->session, forget);
  self->producer = kafka_producer_new(self->session, NULL);
  return 1;
}

static void on_report(void* user, const kafka_report* report) {
  waiter_t* waiter = user;
  push_error(waiter->lua, report->error);
  lua_pushinteger(waiter->lua, report->partition);
  lua_pushinteger(waiter->lua, report->offset);
  call(waiter, 3);
  forget(waiter);
}
/* session:send(topic, key or nil, value or nil, function(error, partition, offset)) */
static int session_send(lua_State* lua) {
  session_t* self = self_of(lua);
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic.data = luaL_checklstring(lua, 2, &record.topic.length);
  if (!lua_isnil(lua, 3)) record.key.data = luaL_checklstring(lua, 3, &record.key.length);
  if (!lua_isnil(lua, 4)) record.value.data = luaL_checklstring(lua, 4, &record.value.length);
  luaL_checktype(lua, 5, LUA_TFUNCTION);
  waiter_t* waiter = wait_with(lua, 5);
  if (kafka_producer_send(self->producer, &record, on_report, waiter) != 0) return refused(lua, waiter);
  return 0;
}

static void on_message(void* user, kafka_envelope* envelope) {
  waiter_t* waiter = user;
  *(kafka_envelope**)lua_newuserdata(waiter->lua, sizeof envelope) = envelope;
  luaL_setmetatable(waiter->lua, ENVELOPE);
  call(waiter, 1);
}
static void on_end(void* user, const kafka_error* error) {
  if (error != NULL && kafka_error_code(error) != KAFKA_CLOSED) {
    lua_warning(((waiter_t*)user)->lua, kafka_error_message(error), 0);
  }
  forget(user);
}
/* session:consume(group, topic, function(envelope)) */
static int session_consume(lua_State* lua) {
  session_t* self = self_of(lua);
  const char* const topics[] = {luaL_checkstring(lua, 3)};
  luaL_checktype(lua, 4, LUA_TFUNCTION);
  if (self->consumer != NULL) return luaL_error(lua, "there is a consumer");
  self->consumer = kafka_consumer_new_all(self->session, luaL_checkstring(lua, 2), topics, 1, NULL);
  waiter_t* waiter = wait_with(lua, 4);
  if (kafka_consumer_consume(self->consumer, 0, on_message, on_end, waiter) != 0) return refused(lua, waiter);
  return 0;
}

static void on_done(void* user) {
  call(user, 0);
  forget(user);
}
/* session:close(function()) */
static int session_close(lua_State* lua) {
  session_t* self = self_of(lua);
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  waiter_t* waiter = wait_with(lua, 2);
  if (kafka_session_close(self->session, -1, on_done, waiter) != 0) return refused(lua, waiter);
  return 0;
}
static int session_gc(lua_State* lua) {
  session_t* self = luaL_checkudata(lua, 1, SESSION);
  kafka_consumer_free(self->consumer);
  kafka_producer_free(self->producer);
  kafka_session_free(self->session);
  *self = (session_t){NULL, NULL, NULL};
  return 0;
}

static kafka_envelope* envelope_of(lua_State* lua) { return *(kafka_envelope**)luaL_checkudata(lua, 1, ENVELOPE); }
static void push_bytes(lua_State* lua, kafka_bytes bytes) {
  if (bytes.data == NULL) {
    lua_pushnil(lua);
  } else {
    lua_pushlstring(lua, bytes.data, bytes.length);
  }
}
static int envelope_key(lua_State* lua) {
  push_bytes(lua, kafka_envelope_messages(envelope_of(lua), NULL)->key);
  return 1;
}
static int envelope_value(lua_State* lua) {
  push_bytes(lua, kafka_envelope_messages(envelope_of(lua), NULL)->value);
  return 1;
}
static int envelope_commit(lua_State* lua) {
  if (kafka_envelope_commit(envelope_of(lua), NULL, 0, NULL, NULL) != 0) {
    return luaL_error(lua, "%s", kafka_error_message(kafka_last_error()));
  }
  return 0;
}
static int envelope_gc(lua_State* lua) {
  kafka_envelope_free(envelope_of(lua));
  return 0;
}

static void make_class(lua_State* lua, const char* name, const luaL_Reg* methods, lua_CFunction collect) {
  luaL_newmetatable(lua, name);
  lua_newtable(lua);
  luaL_setfuncs(lua, methods, 0);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, collect);
  lua_setfield(lua, -2, "__gc");
  lua_pop(lua, 1);
}

__attribute__((visibility("default"))) int luaopen_kafka(lua_State* lua) {
  static const luaL_Reg session_methods[] = {
      {"send", session_send}, {"consume", session_consume}, {"close", session_close}, {NULL, NULL}};
  static const luaL_Reg envelope_methods[] = {
      {"key", envelope_key}, {"value", envelope_value}, {"commit", envelope_commit}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"session", session_new}, {NULL, NULL}};
  make_class(lua, SESSION, session_methods, session_gc);
  make_class(lua, ENVELOPE, envelope_methods, envelope_gc);
  luaL_newlib(lua, functions);
  return 1;
}
