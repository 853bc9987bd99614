SeLeCt /* all /* nested */ of */ EMAIL, CoUnT(*) AS n -- end
FROM Actions Group By Email;
