// The messages of SCRAM: read strictly.
#include "auth/scram_text.hpp"

#include "catch.hpp"

using namespace kafka::auth;
using Catch::Matchers::Contains;

TEST_CASE("H6: a server's first message is read when its nonce continues ours") {
  ServerFirst first;
  CHECK(read_server_first("r=ours+theirs,s=QSXCR+Q6sek8bf92,i=4096", "ours", first).empty());
  CHECK(first.nonce == "ours+theirs");
  CHECK(first.salt == "\x41\x25\xc2\x47\xe4\x3a\xb1\xe9\x3c\x6d\xff\x76");
  CHECK(first.iterations == 4096);
  CHECK(read_server_first("r=ours+theirs,s=QQ==,i=4096,x=more", "ours", first).empty());  // an extension of the server
}

TEST_CASE("H6: a server's first message that is wrong in any of its parts says which") {
  struct Case {
    const char* message;
    const char* words;
  };
  for (const auto& [message, words] : {
           Case{"", "has not the form"},
           Case{"r=ours+theirs", "has not the form"},
           Case{"r=ours+theirs,s=QQ==", "has not the form"},
           Case{"s=QQ==,r=ours+theirs,i=4096", "has not the form"},
           Case{"r=ours+theirs,i=4096,s=QQ==", "has not the form"},
           Case{"r=ours,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=our,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=Ours+theirs,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=theirs,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=ours\x7f,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=ours x,s=QQ==,i=4096", "does not continue ours"},
           Case{"r=ours1,s=,i=4096", "salt is not base64"},
           Case{"r=ours1,s=QQ,i=4096", "salt is not base64"},
           Case{"r=ours1,s=!!!!,i=4096", "salt is not base64"},
           Case{"r=ours1,s=QQ==,i=", "no number"},
           Case{"r=ours1,s=QQ==,i=04096", "no number"},
           Case{"r=ours1,s=QQ==,i=4096x", "no number"},
           Case{"r=ours1,s=QQ==,i=-4096", "no number"},
           Case{"r=ours1,s=QQ==,i=+4096", "no number"},
           Case{"r=ours1,s=QQ==,i=99999999999", "no number"},
           Case{"m=ext,r=ours1,s=QQ==,i=4096", "m="},
           Case{"e=no-resources", "no-resources"},
       }) {
    CAPTURE(message);
    ServerFirst first;
    CHECK_THAT(read_server_first(message, "ours", first), Contains(words));
  }
}

TEST_CASE("H6: a server's last message is a signature or an error") {
  ServerFinal final;
  CHECK(read_server_final("v=QQ==", final).empty());
  CHECK(final.signature == "A");
  CHECK(final.error.empty());
  CHECK(read_server_final("v=QQ==,x=more", final).empty());
  CHECK(read_server_final("e=invalid-proof", final).empty());
  CHECK(final.error == "invalid-proof");
  for (const char* message : {"", "v", "v=", "v=QQ", "x=QQ==", "QQ=="}) {
    CAPTURE(message);
    CHECK_FALSE(read_server_final(message, final).empty());
  }
}

TEST_CASE("a name is escaped where '=' and ',' have a meaning, and nowhere else") {
  CHECK(escape_name("alice") == "alice");
  CHECK(escape_name("a=b,c=3D") == "a=3Db=2Cc=3D3D");
  CHECK(escape_name("\xc2\xaa\x62") == "\xc2\xaa\x62");  // not normalised
}
