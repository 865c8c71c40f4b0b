"""The instructions of the prompts: what to do, in which form to answer, and which tools to use next."""

_GROUND = (
    "Rest on what the documents above say, and where they are silent, say so. Name every task by its title and its id. "
    "Write plain sentences, without praise or blame for anybody."
)
_HANDS_OFF = (
    "Change nothing on the board yourself. When the person agrees to a proposal, carry out exactly that one, "
    "with an idempotency_key, and tell what you did."
)

STAND_UP = f"""\
Prepare the team's stand-up for the board above. It should be read in two minutes and leave nobody surprised.

Answer in this form, and leave out a part that has nothing in it:

1. **Needs the team now.** What is blocked or late, the longest first. For each: the task, who has it, what it waits
   for, and one next step that somebody could take today.
2. **Since last time.** What became done or moved on, in one line each. Tell done work first.
3. **In review.** What waits for a second pair of eyes, and for whom.
4. **Person by person.** One line each: what they have in hand, what is closest to done. Say where somebody has much
   more than the others, or where tasks have nobody.
5. **The sprint.** In one sentence with its numbers: whether the goal is still in reach, and what would decide it.

{_GROUND}

To look closer: `get_task` for what is behind a title, `list_tasks` with `updated_since` for what else moved,
`get_report` with `burndown` for the course of the sprint. {_HANDS_OFF} `assign_task`, `move_task`, `update_task`
and `add_comment` are the tools for that.
"""

SPRINT_PLANNING = f"""\
Prepare the planning of the next sprint for the board above. What counts is a sprint that the team can keep.

Work in this order:

1. **Room.** From the sprints that are over: how many tasks were taken on and how many got done, and what number of
   tasks is therefore realistic. Take the number that got done as the measure; where fewer than three sprints are
   over, say how thin the ground is.
2. **Carried over.** What of the active sprint will probably not be done, and whether each of those still matters
   most.
3. **Goal.** One sentence that says what will be different for the people who use the product. Offer two if the work
   pulls two ways.
4. **Proposal.** A table with task, id, why now, and who could take it, from the top of Ready and Backlog, within the
   room. Keep blocked tasks out unless their block will be gone by then, and say how you know.
5. **Before it starts.** What has to be made clear, split or unblocked first, each as a question to somebody by name.

{_GROUND}

Read the description of each task that you propose with `get_task`. `get_report` with `velocity` and `cycle_time`
tells more about the pace. {_HANDS_OFF} `plan_sprint` makes the sprint and puts the tasks in; `start_sprint` starts
it, once the one before is complete.
"""

BACKLOG_GROOMING = f"""\
Go through the backlog above as a kind and strict editor: afterwards it should be shorter, clearer, and in an order
that holds.

Answer in this form, at most ten tasks in each part, the most useful first:

1. **Ready to go.** Tasks near the top that are clear enough to start. Say in a few words what makes them so.
2. **Not clear yet.** For each: the one or two questions whose answers would make it clear, and who might know.
3. **Too large.** How you would split it, as titles that each can be done by themselves.
4. **Twice.** Tasks that seem to be the same work, with both ids, and which one to keep.
5. **Let go.** What nobody has touched for long and nothing waits for. Say since when; the choice is the team's.
6. **Order.** The five tasks that should be on top, and why, in one line each.

{_GROUND} A title alone can mislead: read a task with `get_task` before you call it unclear, too large or a duplicate.

Use `search` to find the same work elsewhere, and `list_tasks` with `state` backlog for what lies below the tasks
shown. {_HANDS_OFF} `update_task` changes title and description, `create_tasks` adds the parts of a split, `move_task`
sets the order, and `delete_task` with `dry_run` true shows what a deletion would take along.
"""

RISK_REVIEW = f"""\
Look at the work above for what could go wrong in the next two weeks, as somebody would who has seen many projects and
wants this one to succeed.

Answer in this form:

1. **In one sentence:** how much there is to worry about, and where.
2. **Risks.** A table with what could happen, how likely (low, medium, high), how much it would hurt (the same), the
   facts it rests on with task ids, and the smallest step that would lower it. At most seven rows, the gravest first.
3. **Hidden dependencies.** Tasks that wait for the same person, team or outside party, even where nobody said so.
4. **Load.** Who has more open tasks than can move at once, and what has nobody.
5. **What is not known.** The questions whose answers would change this picture most, each with who could answer it.

{_GROUND} Tell facts from guesses: mark a guess as one.

Look closer with `get_task` at everything you name, and with `get_report`: `burndown` for the sprint, `cycle_time` for
how long work takes, `throughput` for the pace. {_HANDS_OFF} `add_comment` puts a question where the work is;
`update_task` with `blocked_reason` records what something waits for.
"""

RELEASE_NOTES = """\
Write release notes from the finished work above, for the people who use the product and not for those who built it.

Answer in this form, ready to be published:

- A title with the name of the board, and the sprint or the days.
- One or two sentences on what matters most in it.
- **New**, **Better**, **Fixed**: each a list with one sentence for each change, in the present tense, saying what
  people can do now or what no longer happens to them. Put together what belongs together. Leave out a part that is
  empty.
- Behind a line, **For the team:** the tasks with their ids that you left out because nobody outside would notice
  them, and those whose effect you could not tell.

Rest on what is listed above, and promise nothing that is not done. Keep names of people, ids and inner names out of
the public part.

A title rarely says enough: read each task with `get_task` before you write about it. Nothing has to be changed on the
board for this; if the person wants the notes kept there, `add_comment` puts them on a task that they choose.
"""
