"""What members were given for what they did. An award can be settled to another amount: the books keep the difference.

award     points (or a coupon) given once for a subject (`order:1001`) by a source (`rule:7`)
settle    book the difference between what an award stands for and what it should stand for
"""
