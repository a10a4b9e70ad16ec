// What CAF needs of our messages, compiled once for all who send them: `TROUPE_MESSAGE` says
// elsewhere that it is here. A header that is missing below is missed by the linker.
#include <troupe/caf.hpp>

#undef TROUPE_MESSAGE
#define TROUPE_MESSAGE(block, type) TROUPE_MESSAGE_HERE(block, type)

#include "actors/act_watch.hpp"
#include "actors/arm_keeper.hpp"
#include "actors/arrivals.hpp"
#include "actors/breaker_desk.hpp"
#include "actors/call_messages.hpp"
#include "actors/cluster_messages.hpp"
#include "actors/fleet_keeper.hpp"
#include "actors/front_desk.hpp"
#include "actors/journal_messages.hpp"
#include "actors/node_messages.hpp"
#include "actors/order_keeper.hpp"
#include "actors/post.hpp"
#include "actors/proxy.hpp"
#include "actors/question_messages.hpp"
#include "actors/quota_desk.hpp"
#include "actors/quota_keeper.hpp"
#include "actors/respondent.hpp"
#include "actors/seat_messages.hpp"
#include "actors/service.hpp"
#include "actors/task_messages.hpp"
#include "actors/tick.hpp"
#include "actors/tree_messages.hpp"
