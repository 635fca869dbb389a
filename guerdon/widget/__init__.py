"""What shoppers see: the file with the elements that a shop's page embeds, and a page of their own.

/widget/v1/guerdon-rewards.js   <guerdon-rewards> and <guerdon-earns>, for any page
/m/{merchant}                   the same as a page, reached by a signed link

Both ask `/shopper/v1` from the browser. Nothing here knows a member.
"""
