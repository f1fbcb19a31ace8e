"""Training that opens and closes rights: courses, who completed them, and until when each account may be shown data.

Courses and limits are data (`courses.toml`, or an own file that was adopted); what people did is a chained record.

1. Until when rights are open is derived from the courses that an account's role needs, and kept nowhere. A role that
   no course names is shut.
2. A course ends on the day its months after the day of completion, the month's last day where there is no such day;
   that day is whole, and ends at midnight on the courier's clock. In the days of grace behind it rights stay open while
   everybody is warned; then they close.
3. What is on record adds. A list shuts nobody out who isn't on it, unless it is said to be the whole list of a course;
   then who is missing is shown first. What was revoked stays so when the same list comes again.
4. The brake: what would shut out more at once than the rules allow (a list, other courses, a revocation, a vault that
   says otherwise) waits for a second person, for three days; so do wider limits. Other rules are judged by the old.
5. An emergency opening counts at once and for so many hours at most. A second person says afterwards whether it was
   right; a no ends it, and until there is an answer the account isn't opened again.
6. A test's questions and their order are drawn by a generator that is passed in. Scores are kept, answers aren't; who
   failed may try again a day later.
"""
