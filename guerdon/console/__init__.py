"""The console: where the people who run a programme work. It is a client of the native API, in process.

A page calls the handlers of guerdon.api.v1 as an operator, and shows what they answer; it has no rules and no SQL of
its own. Each address answers with a whole page, of which htmx takes the part that it needs, so that everything also
works without JavaScript.

contract    who asks: the session in a cookie, the permission of a role, and no as a page
visitor     a person, at the merchant whose programme is shown
view        a page, as its handler leaves it to be drawn
draw        templates, in the person's language and the merchant's zone
words       the languages
frame       what surrounds every page
pages       a module for each area, with its routes
"""
