"""Every defect measured in SpiffWorkflow 3.2.0: what guards us against it, and what shows that the library still has it.

``TZ=Europe/Berlin python -m tests.interpreter.defects`` asks the uncorrected library and prints the answers as JSON; one
defect shows only where summer time is kept.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.interpreter.stock import decisions, elements, events, expressions, joins, reading, states


@dataclass(frozen=True, slots=True)
class Defect:
    id: str
    section: str  #: of the measurements of SpiffWorkflow
    says: str  #: what the uncorrected library does
    guard: str  #: our test, under ``tests/``; up to a "[", the test's first parameters follow
    stock: Callable[[], bool] | None = None  #: True while the library has the defect; None = not shown in a moment


_GATEWAYS: Final = "interpreter/test_gateways.py::"
_DATA: Final = "interpreter/test_data.py::"
_ACTIVITIES: Final = "interpreter/test_activities.py::"
_EVENTS: Final = "interpreter/test_events.py::"
_BESIDE: Final = "interpreter/test_event_sub_processes.py::"
_TIMERS: Final = "interpreter/test_timers.py::"
_REQUESTS: Final = "interpreter/test_requests.py::"
_FLAT: Final = "interpreter/test_flatness.py::"
_CHECKS: Final = "interpreter/test_checks.py::"
_REFUSED: Final = f"{_CHECKS}test_what_does_not_run_is_refused_with_place_and_way_out["
_ELEMENT: Final = "interpreter/test_coverage_page.py::test_every_element_is_answered_as_the_page_says["
_EVENT: Final = "interpreter/test_coverage_page.py::test_every_event_is_answered_as_the_page_says["
_PYTHON: Final = f"{_CHECKS}test_python_is_refused_wherever_an_expression_stands["
_MOVED: Final = "interpreter/test_migration.py::"
_TABLE: Final = "decisions/test_evaluation.py::"

DEFECTS: Final = (
    # joins and loops
    Defect("join-in-loop", "0.1, 1.1, 5.1", "A parallel join in a loop fires before all branches have come.", f"{_GATEWAYS}test_a_join_in_a_loop_waits_for_all_branches_of_its_own_round[", joins.join_in_loop_fires_early),
    Defect("inclusive-join-in-loop", "0.1, 1.1, 5.1", "So does an inclusive join.", f"{_GATEWAYS}test_an_inclusive_join_in_a_loop_works_in_every_round", joins.inclusive_join_in_loop_fires_early),
    Defect("late-branch", "0.1, 5.14", "The branch that comes late deletes a running call; every later step raises.", f"{_GATEWAYS}test_a_late_branch_finds_the_called_process_not_begun", joins.a_late_branch_breaks_the_case),
    Defect("deep-case", "0.1, 5.5", "At depth 1000 a live task becomes invisible and the case counts as completed.", f"{_FLAT}test_four_hundred_rounds_leave_state_and_work_as_they_were", joins.a_deep_case_ends_in_silence),
    Defect("dear-history", "0.3, 4.1, 4.2", "Each task costs as much as the whole history is long.", f"{_FLAT}test_four_hundred_rounds_leave_state_and_work_as_they_were", joins.history_makes_every_step_dearer),
    Defect("prediction", "4.3, 5.10", "Blocks in a row are predicted 2^k times.", f"{_GATEWAYS}test_sixteen_parallel_blocks_in_a_row_start_with_few_tokens", joins.prediction_doubles_with_each_parallel_block),
    Defect("endless-gateways", "3, 5.10", "A loop without a person never ends.", f"{_ACTIVITIES}test_a_loop_without_a_person_is_a_fault_that_names_an_element_of_it", expressions.a_gateway_loop_without_end_hangs_the_worker),
    # data
    Defect("lost-update", "0.2, 5.3", "A join undoes what one branch wrote with what another never touched.", f"{_DATA}test_a_branch_that_left_a_key_alone_does_not_undo_another_branch", joins.join_loses_an_update),
    Defect("list-cut-short", "5.3", "A join cuts a list to the length the last branch has.", f"{_DATA}test_a_list_one_branch_made_longer_stays_long", joins.a_join_cuts_a_list_short),
    Defect("deleted-value", "5.3", "A value one branch deleted comes back at the join.", f"{_DATA}test_merging[", joins.a_deleted_value_comes_back_at_a_join),
    Defect("stale-round", "5.2", "Data of an earlier round comes back at a join in a loop.", f"{_DATA}test_what_a_later_round_overwrote_does_not_come_back_at_the_join", joins.data_of_an_earlier_round_comes_back_at_a_join),
    Defect("shared-values", "0.2, 5.4", "Parallel branches share what lies deep inside a value.", f"{_DATA}test_branches_do_not_see_each_others_edits_deep_inside_a_value", joins.branches_share_nested_data),
    Defect("rewritten-history", "0.2, 5.4", "The data of a finished task changes afterwards.", f"{_DATA}test_the_data_of_an_earlier_step_stays_as_it_was", joins.data_of_a_finished_task_changes),
    Defect("leaking-call", "0.2, 5.4", "A cancelled call gives back what it changed deep inside values, and nothing else.", f"{_ACTIVITIES}test_an_interrupted_call_keeps_all_of_what_was_written_inside", joins.a_cancelled_call_keeps_half_of_what_it_wrote),
    Defect("typename", "2, 5.8", "A value with the key typename makes a case unloadable.", f"{_DATA}test_keys_that_hurt_elsewhere_are_harmless[typename]", states.a_value_named_typename_spoils_the_saved_case),
    Defect("self", "5.8", "A value named self stops every call.", f"{_DATA}test_keys_that_hurt_elsewhere_are_harmless[self]", states.a_value_named_self_stops_a_call),
    Defect("mass-assignment", "3, 5.8", "Whatever a form sends is data of the case.", "commands/test_user_tasks.py::test_a_field_that_the_form_does_not_have_is_refused"),
    # activities
    Defect("plain-task", "1.1, 6.2", "A plain task waits for a person.", f"{_ELEMENT}task]", elements.a_plain_task_waits_for_a_person),
    Defect("service-without-operator", "1.1", "A service task nobody implements hangs without an error.", f"{_REFUSED}service-without-operator-x", elements.a_service_task_nobody_implements_hangs),
    Defect("receive-without-message", "1.1, 6.2", "A receive task without a message does not wait.", f"{_REFUSED}message-is-missing-x", elements.a_receive_task_without_message_does_not_wait),
    Defect("call-of-itself", "1.1, 3, 5.10", "A process that calls itself never ends.", f"{_ACTIVITIES}test_a_process_that_calls_itself_for_ever_is_a_fault", elements.a_process_that_calls_itself_never_ends),
    Defect("transaction", "1.1", "A cancelled transaction rolls nothing back.", f"{_ELEMENT}transaction]"),
    Defect("compensation", "1.1, 6.2", "A compensation event does nothing.", f"{_EVENT}compensate-throw]", elements.compensation_does_nothing),
    Defect("ad-hoc", "1.1, 6.2", "An ad-hoc sub-process raises KeyError.", f"{_ELEMENT}adHocSubProcess]", elements.an_ad_hoc_subprocess_is_a_key_error),
    Defect("null-item", "1.1", "A null item hangs a sequence of instances.", f"{_ACTIVITIES}test_sequential_instances_follow_one_another_and_null_items_do_not_hang", elements.a_null_item_hangs_a_sequence),
    Defect("older-results", "1.1", "Results over a list that is there already raise NameError.", f"{_ACTIVITIES}test_results_replace_an_older_list_of_their_name[", elements.results_over_an_older_list_are_a_name_error),
    Defect("instances-with-io", "1.1, 6.2", "Instances with an ioSpecification cannot be read.", f"{_ELEMENT}ioSpecification]", elements.instances_with_an_io_specification_cannot_be_read),
    Defect("missing-collection", "1.1", "A collection that is not there is a TypeError.", f"{_ACTIVITIES}test_a_collection_that_is_not_there_is_a_fault", elements.a_missing_collection_is_a_type_error),
    Defect("item-name", "1.1", "An item may not be named like data that is there.", f"{_ACTIVITIES}test_an_item_hides_data_of_its_name_until_the_instances_are_done[", elements.an_item_named_like_older_data_is_refused),
    Defect("many-instances", "4.1, 5.10", "Any number of instances is started.", f"{_ACTIVITIES}test_too_many_instances_are_a_fault", elements.any_number_of_instances_is_started),
    Defect("lane-label", "1.1", "A task knows its lane by the label only.", f"{_ACTIVITIES}test_the_group_is_the_lanes_unless_the_task_says_otherwise", elements.a_lane_is_known_by_its_label),
    # flows and data objects
    Defect("single-condition", "1.1, 6.2", "A condition on the only flow out of a task is ignored.", f"{_REFUSED}condition-without-choice-f", elements.a_single_conditional_flow_is_always_taken),
    Defect("conditional-flows", "1.1", "Conditions on several flows out of a task are refused.", f"{_GATEWAYS}test_conditions_on_flows_out_of_a_task_choose_like_an_inclusive_gateway", elements.conditional_flows_out_of_a_task_are_refused),
    Defect("island", "1.1, 6.2", "What no flow leads to is dropped in silence.", f"{_REFUSED}not-connected-y", elements.what_no_flow_leads_to_is_dropped),
    Defect("several-starts", "1.1", "Of several start events the first wins.", f"{_REFUSED}one-start-event-complaint", events.of_several_start_events_the_first_wins),
    Defect("data-object-two-up", "1.1, 5.10", "A data object of two levels up hangs the parser.", f"{_CHECKS}test_a_data_object_is_known_any_number_of_levels_below", elements.a_data_object_two_levels_up_hangs_the_parser),
    Defect("data-object-missing", "1.1, 6.2", "A reference to no data object hangs the parser.", f"{_REFUSED}data-object-is-missing-d", elements.a_reference_to_no_data_object_hangs_the_parser),
    Defect("data-store", "1.1, 6.2", "A data store without a Python class refuses the file.", f"{_ELEMENT}dataStoreReference]", elements.a_data_store_refuses_the_whole_file),
    # events
    Defect("link", "1.1, 6.2", "A link ends the path, and the case counts as completed.", f"{_EVENTS}test_a_token_goes_on_where_its_link_comes_out", events.link_events_end_the_path),
    Defect("signal-end", "1.1, 6.2", "A signal end event says nothing.", "interpreter/test_signals_and_conditions.py::test_a_signal_at_an_end_event_is_heard_too", events.a_signal_end_says_nothing),
    Defect("condition-not-asked", "1.1", "A conditional event is asked only when some task ends.", "interpreter/test_signals_and_conditions.py::test_a_condition_at_the_boundary_interrupts_once_it_holds", events.a_conditional_event_waits_for_another_task_to_end),
    Defect("condition-blind", "1.1", "A conditional event does not see what other tasks write.", "interpreter/test_signals_and_conditions.py::test_a_condition_sees_what_another_branch_wrote", events.a_conditional_event_does_not_see_what_tasks_write),
    Defect("error-start", "1.1, 6.2", "An event sub-process for an error starts with the case.", f"{_BESIDE}test_an_error_is_caught_in_its_own_scope_before_the_activity_around", events.an_error_event_subprocess_starts_at_once),
    Defect("event-sub-process-beside", "1.1, 6.2", "An interrupting event sub-process does not interrupt.", f"{_BESIDE}test_an_interrupting_event_ends_everything_else_and_the_case_ends_with_it", events.an_interrupting_event_subprocess_does_not_interrupt),
    Defect("event-sub-process-timer", "1.1, 6.2", "One for a timer keeps the case from ending.", f"{_BESIDE}test_what_waits_beside_keeps_nothing_open", events.a_timer_event_subprocess_holds_the_case_open),
    Defect("event-sub-process-inside", "1.1, 6.2", "One inside a sub-process never hears anything.", f"{_BESIDE}test_it_works_inside_a_sub_process_that_goes_round", events.an_event_subprocess_inside_another_is_deaf),
    Defect("event-sub-process-shared", "1.1, 2, 5.12", "One that starts changes the specification of later cases.", f"{_BESIDE}test_other_cases_of_the_same_definition_are_untouched", events.an_event_subprocess_changes_the_specification_of_later_cases),
    Defect("gateway-two-timers", "1.1, 5.6, 6.2", "Two timers behind an event gateway share one instant.", f"{_TIMERS}test_of_two_timers_behind_an_event_gateway_the_earlier_wins", events.two_timers_behind_an_event_gateway_share_one_instant),
    Defect("gateway-both-branches", "1.1, 5.6", "A message after a due timer takes both branches.", f"{_EVENTS}test_behind_an_event_gateway_the_first_event_wins_alone", events.a_message_after_a_due_timer_takes_both_branches),
    Defect("gateway-target", "1.1", "An event gateway before a task is an AttributeError.", f"{_REFUSED}event-gateway-target-f", events.an_event_gateway_before_a_task_is_an_attribute_error),
    Defect("any-correlation", "1.1", "A case that has sent nothing takes messages for others.", f"{_EVENTS}test_a_message_for_somebody_else_is_refused[", events.a_message_for_another_case_is_taken),
    Defect("message-for-all", "1.1", "One message is taken by everybody who waits for it.", f"{_EVENTS}test_one_message_is_for_the_one_who_has_waited_longest", events.one_message_is_taken_by_everybody),
    Defect("early-message", "1.1", "A message sent before anybody waits is lost inside the case.", "commands/test_messages.py::test_a_message_sent_before_anybody_waits_is_kept_for_who_begins_to_wait", events.a_message_sent_too_early_is_lost_inside_the_case),
    # timers
    Defect("cycle-reminders", "1.1, 5.6, 6.2", "Reminders of a cycle vanish when their task is done.", f"{_TIMERS}test_a_cycle_keeps_its_reminders_when_the_task_is_done", events.cycle_reminders_vanish_with_their_task),
    Defect("missed-periods", "1.1, 5.6", "Every period missed during an outage fires afterwards.", f"{_TIMERS}test_periods_missed_while_nobody_woke_the_case_fire_once", events.every_missed_period_of_a_cycle_fires),
    Defect("interrupting-cycle", "1.1, 6.2", "An interrupting cycle interrupts after its last period only.", f"{_REFUSED}cycle-fires-once-x", events.an_interrupting_cycle_does_not_interrupt),
    Defect("due-timer", "2, 5.6", "A due timer leaves its task open beside what it starts.", f"{_TIMERS}test_an_interrupting_timer_ends_the_task_and_takes_its_way", events.a_due_timer_leaves_its_task_open),
    Defect("plain-duration", "1.3, 5.6, 6.2", "PT1H without quotes fails when the task opens.", f"{_TIMERS}test_reading_a_timer[PT1H-", events.a_plain_iso_duration_fails_when_the_task_opens),
    Defect("half-a-month", "1.3", "P0.5M is a TypeError.", f"{_TIMERS}test_reading_a_timer[P0.5M-None]", events.half_a_month_is_a_type_error),
    Defect("negative-duration", "1.3", "A negative duration counts forward.", f"{_TIMERS}test_reading_a_timer[-PT1H-None]", events.a_negative_duration_counts_forward),
    Defect("summer-time", "1.3, 5.6", "Local times have the offset of the day the library was imported.", f"{_TIMERS}test_a_local_time_has_the_offset_of_its_own_date[2030-07-01", events.summer_time_is_that_of_the_import),
    Defect("next-tasks-timer", "5.13", "A wrong timer of the next task raises in the hands of who does this one.", f"{_TIMERS}test_a_timer_without_a_time_is_a_fault", events.a_wrong_timer_of_the_next_task_fails_this_one),
    # decisions
    Defect("unknown-hit-policy", "1.2, 6.2", "An unknown hit policy means the first rule.", "decisions/test_checks.py::test_every_problem_is_reported_at_once", decisions.an_unknown_hit_policy_means_the_first_rule),
    Defect("other-hit-policies", "1.2, 6.2", "PRIORITY, RULE ORDER and OUTPUT ORDER mean the first rule.", f"{_TABLE}test_hit_policy[OUTPUT ORDER-", decisions.other_hit_policies_mean_the_first_rule),
    Defect("unique", "1.2", "UNIQUE is not checked.", f"{_TABLE}test_two_hits_under_unique_are_refused_with_their_numbers", decisions.unique_is_not_checked),
    Defect("aggregation", "1.2", "COLLECT ignores its aggregation.", f'{_TABLE}test_hit_policy[COLLECT-aggregation="SUM"-60', decisions.an_aggregation_is_ignored),
    Defect("no-rule", "1.2", "Without a hit there are no outputs, not even empty ones.", f"{_TABLE}test_no_rule_gives_null_outputs", decisions.no_rule_leaves_no_output),
    Defect("required-decision", "1.2", "A decision that requires another is an AttributeError.", f"{_TABLE}test_required_decisions_inputs_and_knowledge_are_taken_first", decisions.a_required_decision_is_an_attribute_error),
    Defect("literal-decision", "1.2", "A literal expression is an IndexError.", "decisions/test_tck.py::test_tck[0001-input-data-string-", decisions.a_literal_decision_is_an_index_error),
    Defect("table-notes", "1.2", "A description or annotation refuses the table.", f"{_TABLE}test_descriptions_and_annotations_change_nothing", decisions.a_note_in_a_table_refuses_the_file),
    Defect("range-cell", "1.2, 6.2", "A range in a cell fails when the case comes there.", "feel/test_unary_tests.py::test_match[[1..5]-5-True]", decisions.a_range_in_a_cell_fails_when_it_runs),
    Defect("list-cell", "1.2, 6.2", "A list or a negation in a cell never matches.", 'feel/test_unary_tests.py::test_match["a", "b"-b-True]', decisions.a_list_in_a_cell_never_matches),
    # what an author is told
    Defect("no-line", "1.4", "A refusal names no line.", f"{_CHECKS}test_all_findings_come_at_once_in_order_of_lines", reading.a_refusal_has_no_line),
    Defect("first-problem", "1.4", "Only the first problem is told.", f"{_CHECKS}test_all_findings_come_at_once_in_order_of_lines", reading.only_the_first_problem_is_told),
    Defect("unknown-message", "1.4, 6.2", "An unknown message is told as a TypeError of the parser.", f"{_REFUSED}message-is-missing-x", reading.an_unknown_message_is_a_type_error),
    Defect("flow-to-nowhere", "1.4, 6.2", "A flow to nowhere is told as two items of one id.", f"{_REFUSED}flow-to-nowhere-f", reading.a_flow_to_nowhere_is_told_as_two_items),
    Defect("broken-file", "1.4", "A broken file is an error of the XML library.", f"{_CHECKS}test_a_file_that_is_no_procedure_is_refused[no xml-unsafe-file]", reading.a_broken_file_is_an_error_of_the_xml_library),
    Defect("no-process", "1.4", "A file without a process is accepted.", f"{_CHECKS}test_a_file_that_is_no_procedure_is_refused[<a/>-not-bpmn]", reading.a_file_without_a_process_is_accepted),
    Defect("not-compiled", "1.4, 6.2", "Expressions are not read before a case comes there.", f"{_REFUSED}expression-invalid-x", reading.expressions_are_not_compiled_when_they_are_read),
    Defect("deep-diagram", "1.4, 5.5, 6.2", "Some 450 tasks in a row are a RecursionError.", f"{_CHECKS}test_a_thousand_tasks_in_a_row_are_read", reading.six_hundred_tasks_in_a_row_are_too_deep),
    Defect("doctype", "3, 6.2", "A document type is read and its entities expanded.", f"{_CHECKS}test_a_file_that_is_no_procedure_is_refused[<!DOCTYPE a>", reading.an_entity_is_expanded),
    Defect("huge-file", "3, 6.2", "A file of any size is read.", f"{_CHECKS}test_a_file_that_is_no_procedure_is_refused[thirty thousand elements", reading.a_huge_file_is_read),
    # steps, saved states, versions
    Defect("done-twice", "2", "A finished task can be done again.", f"{_REQUESTS}test_completing_a_task_twice_is_refused", states.a_finished_task_can_be_done_again),
    Defect("half-advanced", "1.1, 2", "A fault leaves the case half advanced, with nothing to go on from.", f"{_REQUESTS}test_a_fault_leaves_the_case_as_it_was", elements.a_fault_leaves_the_case_half_advanced),
    Defect("kept-calls", "2", "Calls that are over stay in the case for ever.", f"{_FLAT}test_four_hundred_rounds_leave_state_and_work_as_they_were", states.finished_calls_are_kept),
    Defect("reordered-state", "2, 5.11", "A saved state whose keys were put in another order has lost its data.", f"{_REQUESTS}test_a_state_that_cannot_be_read_is_refused[", states.a_reordered_state_loses_its_data),
    Defect("changed-types", "2, 5.11", "Pairs become lists and numbers text when a case is saved.", f"{_DATA}test_a_date_or_a_pair_is_json_from_the_first_step_on", states.types_change_when_a_case_is_saved),
    Defect("unsaveable-date", "2, 5.11", "A date in the data makes a case unsaveable.", f"{_DATA}test_a_date_or_a_pair_is_json_from_the_first_step_on", states.a_date_makes_a_case_unsaveable),
    Defect("diagram-in-state", "2, 4.1", "Every saved case carries its whole diagram.", f"{_FLAT}test_the_state_of_a_small_case_is_small", states.every_case_carries_its_diagram),
    Defect("threads", "2, 5.7", "Two threads that save at a time write wrong states.", f"{_REQUESTS}test_threads_may_share_one_definition"),
    Defect("old-format", "2, 5.11", "A state of the version before cannot be read while a call runs: NameError.", f"{_REQUESTS}test_a_state_that_cannot_be_read_is_refused["),
    Defect("version-deadlines", "2.1, 5.6", "A new version starts deadlines again.", f"{_MOVED}test_clocks_and_timers_run_on_from_their_starts", states.a_new_version_starts_deadlines_again),
    Defect("version-data", "2.1", "A new version loses what the open task holds.", f"{_MOVED}test_a_case_goes_on_where_it_stood", states.a_new_version_loses_what_the_open_task_holds),
    Defect("version-watchers", "2.1", "A new version's boundary events do not watch the open task.", f"{_MOVED}test_new_boundary_events_begin_to_wait_and_old_ones_stop", states.a_new_version_does_not_watch_the_open_task),
    Defect("version-without-task", "2.1", "A new version without the open task keeps it open, and the saved case cannot be read.", f"{_MOVED}test_everything_without_a_place_is_told_at_once", states.a_new_version_without_the_open_task_breaks_the_case),
    # expressions
    Defect("python-condition", "0.1, 3", "A condition is Python with all rights.", f"{_PYTHON}condition]", expressions.a_condition_is_python),
    Defect("python-script", "0.1, 3", "So is a script.", f"{_PYTHON}script]", expressions.a_script_is_python),
    Defect("python-timer", "0.1, 1.3, 3", "So is the text of a timer.", f"{_PYTHON}timer]", expressions.a_timer_is_python),
    Defect("python-instances", "0.1, 3", "So is the number of instances.", f"{_PYTHON}number of instances]", expressions.a_number_of_instances_is_python),
    Defect("python-cell", "0.1, 1.2, 3", "So is a cell of a decision table.", "interpreter/test_decisions.py::test_a_cell_of_python_is_refused", decisions.a_cell_of_a_table_is_python),
    Defect("no-builtins", "3", "An environment without builtins is escaped.", "feel/test_hostile.py::test_a_known_attack_ends_in_time_and_room['().__class__", expressions.an_empty_environment_is_escaped),
    Defect("documented-recipe", "0.1, 3", "So is the restricted environment the documentation recommends.", "feel/test_hostile.py::test_a_known_attack_ends_in_time_and_room['x.__class__"),
    Defect("endless-script", "3, 5.10", "A script that never ends hangs the worker.", "feel/test_errors.py::test_a_runaway_loop_ends_with_the_limit_in_words", expressions.a_script_without_end_hangs_the_worker),
    Defect("hidden-function", "3, 5.8", "An answer named like a function replaces it.", f"{_DATA}test_a_value_named_like_a_function_does_not_replace_it", expressions.an_answer_named_like_a_function_replaces_it),
    Defect("bricked-scripts", "3, 5.8", "An answer named like a function stops every script of the case.", f"{_DATA}test_a_value_named_like_a_function_does_not_replace_it", expressions.an_answer_named_like_a_function_stops_every_script),
    Defect("failed-service", "3", "A service that fails is a NameError.", "jobs/test_dbos.py::test_a_job_out_of_retries_is_reported_once_with_its_last_error", expressions.a_failed_service_is_a_name_error),
    Defect("failed-script-error", "3", "A script that fails may be a TypeError of the report.", f"{_REQUESTS}test_a_script_that_fails_is_a_fault_and_leaves_nothing", expressions.a_failed_script_is_a_type_error),
    Defect("failed-script-data", "3", "A script that fails leaves half its work.", f"{_REQUESTS}test_a_script_that_fails_is_a_fault_and_leaves_nothing", expressions.a_failed_script_leaves_half_its_work),
    Defect("imported-module", "5.9", "A module a script imports is null once the case was saved.", f"{_REFUSED}expression-invalid-x", states.an_imported_module_is_nothing_after_saving),
)  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    found: dict[str, object] = {}
    for defect in DEFECTS:
        if defect.stock is None:
            continue
        try:
            found[defect.id] = defect.stock()
        except Exception as error:  # noqa: BLE001 - a different behaviour is an answer, too
            found[defect.id] = f"{type(error).__name__}: {error}"
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
