#include "modules.h"

#include "api/auth.h"
#include "api/people.h"
#include "domain/alarm/alarm.h"
#include "domain/arc/arc_domain.h"
#include "domain/broadcast/broadcast.h"
#include "domain/bulletin/bulletin.h"
#include "domain/camera/camera.h"
#include "domain/cascade/cascade.h"
#include "domain/child/child.h"
#include "domain/campus/campus.h"
#include "domain/dispatch/dispatch.h"
#include "domain/drill/drill.h"
#include "domain/equipment/equipment.h"
#include "domain/family/family.h"
#include "domain/gate/gate.h"
#include "domain/handoff/handoff.h"
#include "domain/identity/identity.h"
#include "domain/hotline/hotline.h"
#include "domain/incident/incident.h"
#include "domain/lesson/lesson.h"
#include "domain/message/message.h"
#include "domain/message/push_book.h"
#include "domain/patrol/patrol.h"
#include "domain/plan/plan.h"
#include "domain/post/post.h"
#include "domain/posture/posture.h"
#include "domain/report/report.h"
#include "domain/rota/rota.h"
#include "domain/vehicle/vehicle.h"
#include "domain/warning/warning.h"
#include "domain/webhook/webhook.h"

/* Order matters to followers: the alarm opens the incident, then its plan starts, then units move. */
const struct hx_module *const hx_modules[] = {
    &auth_module, &people_module, &identity_module, &identity_book_module, &campus_module, &school_register_module, &panel_module, &alarm_module, &device_fault_module, &incident_module, &finding_module, &handover_module, &plan_module, &dispatch_module, &crew_module, &site_module,
    &post_module, &duty_module, &whereabouts_module, &rota_module, &vehicle_module, &patrol_module, &lesson_module, &lesson_ask_module, &broadcast_module, &broadcast_replay_module, &seat_module, &drill_run_module, &drill_module, &drill_record_module, &equipment_module, &camera_module, &look_module, &cascade_module, &arc_module, &message_module, &push_module, &handoff_module, &webhook_module, &child_module, &bulletin_module, &hotline_module, &warning_module, &rule_module, &proof_module, &posture_module, &head_count_module, &family_module, &family_page_module, &family_roll_module, &gate_module, &output_module, &output_alarm_module, &report_module, &report_plan_module, NULL,
};
