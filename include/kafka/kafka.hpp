// Everything of uvkafka's C++ API.
#pragma once

#include <kafka/assignor.hpp>
#include <kafka/consumer.hpp>
#include <kafka/consumer_group.hpp>
#include <kafka/envelope.hpp>
#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/groups.hpp>
#include <kafka/log.hpp>
#include <kafka/offset_master.hpp>
#include <kafka/options.hpp>
#include <kafka/producer.hpp>
#include <kafka/secret.hpp>
#include <kafka/session.hpp>
#include <kafka/stats.hpp>
#include <kafka/token.hpp>
#include <kafka/types.hpp>
