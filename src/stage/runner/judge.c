// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c: the oracle of our side looks at what happens here, too. It knows nothing of machines, and the actors tell
 * the same events; what the host maps they cannot tell, so it is looked up before each access that the oracle judges.
 *
 * Only what it says of accesses and refusals is told: a loss is seen in the bytes (runner.c), which proves more. While
 * ops overlap its verdicts prove nothing, since an event is told after the kernel has returned (confirm.c).
 */
#include "memory.h"
#include "oracle/oracle.h"

#define VERDICTS_MAX 16u

static struct {
	struct oracle *oracle;
	bool begun;
	struct memory_state told[WORLD_LPAGES]; /* to the oracle */
} judge;

bool judge_create(void)
{
	judge.oracle = oracle_create();
	return judge.oracle;
}

void judge_begin(void)
{
	judge.begun = false;
}

static bool is_told(enum finding_class class)
{
	return class == CLASS_WRONG_PAGE || class == CLASS_STALE_ACCESS || class == CLASS_OVER_PERMISSION ||
	       class == CLASS_NO_PROGRESS;
}

static void tell(const struct world *w, const struct oracle_verdict *v)
{
	runner_record((struct event){.kind = WIRE_VERDICT,
				     .status = v->class,
				     .vcpu = v->vcpu,
				     .guest = v->guest,
				     .access = v->access,
				     .hcall = v->hcall,
				     .result = v->result,
				     .n = v->n,
				     .lpage = v->lpage,
				     .count = frames_lpage(w, v->frame, v->lpage)},
		      NULL, 0);
}

static void feed(const struct world *w, const struct event *e)
{
	struct oracle_verdict verdicts[VERDICTS_MAX];
	size_t count = oracle_event(judge.oracle, e, verdicts, VERDICTS_MAX);

	for (size_t i = 0; i < count; i++)
		if (is_told(verdicts[i].class))
			tell(w, &verdicts[i]);
}

static void feed_map(const struct world *w, uint32_t lpage, const struct memory_state *state)
{
	struct event e = {.kind = EV_HOST_MAP,
			  .op = w->task->op,
			  .lpage = lpage,
			  .valid = state->present,
			  .frame = state->present ? state->frame : MACHINE_FRAME_NONE,
			  .perm = state->writable ? EVP_READ | EVP_WRITE | EVP_EXEC : EVP_READ | EVP_EXEC};

	feed(w, &e);
}

/* A page that is another one now was taken away before. */
static void follow_page(const struct world *w, uint32_t lpage, const struct memory_state *now)
{
	static const struct memory_state none;
	struct memory_state *told = &judge.told[lpage];

	if (told->present == now->present &&
	    (!now->present || (told->frame == now->frame && told->writable == now->writable)))
		return;
	if (told->present && (!now->present || told->frame != now->frame))
		feed_map(w, lpage, &none);
	if (now->present)
		feed_map(w, lpage, now);
	*told = *now;
}

static void follow_host(const struct world *w)
{
	static struct memory_state now[WORLD_LPAGES];
	const struct layout *l = &w->layout;

	for (unsigned s = 0; s < SCENARIO_SLOTS_MAX; s++) {
		const struct layout_slot *slot = &l->slots[s];

		if (slot->pages)
			memory_states(w->machine, slot->hva, slot->pages, now);
		for (uint32_t i = 0; i < slot->pages; i++)
			follow_page(w, slot->first + i, &now[i]);
	}
}

void judge_event(const struct world *w, const struct event *e)
{
	if (!judge.begun)
		oracle_begin(judge.oracle, w->config, &w->layout);
	judge.begun = true;
	if (wire_reaches(e) || e->kind == EV_ACCESS_FAILED || e->kind == EV_HCALL_FAILED)
		follow_host(w);
	if (e->kind == EV_HOST_MAP)
		judge.told[e->lpage] =
			(struct memory_state){.present = e->valid, .writable = e->perm & EVP_WRITE, .frame = e->frame};
	feed(w, e);
}
