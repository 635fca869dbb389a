"""What time makes of points, without anybody asking: jobs at each merchant's midnight, and what is over between.

night     the jobs of one merchant's day, done in one order, however many workers there are
job       one of them: it finds what is due page by page, and has it decided at the desk
turn      one worker at one merchant: as far as the first page with something to do, then the next merchant has its turn
sweep     what does not wait for the night: holds that are over
"""
